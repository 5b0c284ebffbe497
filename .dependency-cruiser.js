/**
 * Who may import whom (`npm test` checks it):
 *
 *   renewal ← bot ← server → bridge-agent/protocol ← bridge-agent
 *
 * If a rule stops you, its comment tells where the code wants to live.
 */
const TEST = '([.]test[.]ts$|[.]bench[.]ts$|^tests/|^bench/)';
const PRODUCT = '^(renewal|bot|bridge-agent|server)/';
const PROTOCOL = '^bridge-agent/protocol[.]ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'renewal-imports-nothing',
      comment:
        'The core is data and functions. What it needs from outside comes in as a parameter; what it wants done goes out as an effect.',
      severity: 'error',
      from: { path: '^renewal/', pathNot: TEST },
      to: { pathNot: '^renewal/' },
    },
    {
      name: 'bot-knows-renewal-only',
      comment:
        'The conversation turns a message into commands and a reply. If it needs the server, declare what it needs as an input and let the server hand it in.',
      severity: 'error',
      from: { path: '^bot/', pathNot: TEST },
      to: { path: '^(server|bridge-agent|sandbox)/' },
    },
    {
      name: 'bot-does-no-io',
      comment: 'A turn is pure. Reading files, hashing and drawing random values is the server’s work.',
      severity: 'error',
      from: { path: '^bot/', pathNot: [TEST, '^bot/channels/'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'protocol-imports-nothing-of-ours',
      comment: 'Both ends are built from it: what it imports ships to every customer’s computer and to the server.',
      severity: 'error',
      from: { path: PROTOCOL },
      to: { path: '^(renewal|bot|bridge-agent|server|sandbox|tests)/' },
    },
    {
      name: 'others-see-the-protocol-only',
      comment:
        'The agent runs on the customer’s computer. Speak to it through bridge-agent/protocol.ts instead of linking its code.',
      severity: 'error',
      from: { path: '^(renewal|bot|server)/', pathNot: TEST },
      to: { path: '^bridge-agent/', pathNot: PROTOCOL },
    },
    {
      name: 'agent-stands-alone',
      comment:
        'The agent is installed on customers’ computers: its own folder, its words and a few packages, nothing of the server.',
      severity: 'error',
      from: { path: '^bridge-agent/', pathNot: TEST },
      to: { path: '^(renewal|bot|server|sandbox)/' },
    },
    {
      name: 'providers-do-not-know-each-other',
      comment: 'A provider speaks to one party outside. Joining two is the procedure’s work: a fact and an effect.',
      severity: 'error',
      from: { path: '^server/providers/([^/]+)/', pathNot: TEST },
      to: { path: '^server/providers/', pathNot: '^server/providers/$1/' },
    },
    {
      name: 'providers-are-leaves',
      comment:
        'A provider is called and knows nothing of who calls. Return a value or throw a ProblemError instead of calling back.',
      severity: 'error',
      from: { path: '^server/providers/', pathNot: TEST },
      to: { path: '^server/', pathNot: '^server/(providers|pki|config|clock|log)' },
    },
    ...only('express', '^server/(app[.]ts|pages/|channels/)|^sandbox/'),
    ...only('ws', '^(server/bridge/|bridge-agent/(link|connection))'),
    ...only('pkcs11js', '^(bridge-agent/token/|sandbox/demo/)'),
    ...only('handlebars', '^(server/pages/|sandbox/page/)'),
    ...only('@prisma/adapter-pg', '^server/db[.]ts$'),
    {
      name: 'nobody-imports-the-sandbox',
      comment: 'Outside parties for trying the product never ship with it. Put what both need into the product.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: TEST },
      to: { path: '^sandbox/' },
    },
    {
      name: 'nobody-imports-tests',
      comment: 'Move what others need out of the test.',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: TEST },
    },
    {
      name: 'no-cycle',
      comment: 'Two modules that need each other are one module, or a third one waits to be named.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-development-package-in-the-product',
      comment: 'It would be missing where the product runs.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: TEST },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-unlisted-package',
      comment: 'A package that is used is written into package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dead-end',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'server/generated'] },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};

/** Only what `where` matches may import the package; the rest of the product uses our own interface. */
function only(name, where) {
  return [
    {
      name: `${name}-is-wrapped-once`,
      comment: `${name} belongs to ${where}; everybody else uses the interface that stands there.`,
      severity: 'error',
      from: { path: '^(renewal|bot|bridge-agent|server|sandbox)/', pathNot: [where, TEST] },
      to: { path: `^node_modules/(@types/)?${name}/` },
    },
  ];
}
