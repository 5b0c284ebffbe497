/**
 * The law of each folder that a type cannot say. A rule that stops you tells in its message where the code wants to
 * live; disabling one needs a reason beside it.
 */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TESTS = ['**/*.test.ts', 'tests/**', '**/*.bench.ts', 'bench/**'];

const house = {
  rules: {
    'no-customer-words': textRule(
      /\p{Script=Han}/u,
      'What a person reads stands in templates/; give the template a name and data.',
    ),
    'no-sql': textRule(
      /^\s*(select\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\(|(create|alter|drop)\s+(table|index|function)\s)/i,
      'SQL text stands in the writer, inbox, outbox, timers, effects and migrations; everything else asks Prisma.',
    ),
  },
};

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.data/', 'server/generated/', 'server/pages/static/'] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // texts that are taken apart here are digits and Han characters
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // The core and the conversation are handed the time, the random values and the world they need.
    files: ['renewal/**/*.ts', 'bot/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance'],
        ...['crypto', 'console'],
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the time as a parameter.' },
        { object: 'Math', property: 'random', message: 'Take randomness as a parameter.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take the time as a parameter.',
        },
      ],
    },
  },
  {
    files: ['{renewal,bot,bridge-agent,server}/**/*.ts'],
    // what a customer may say is not what we say
    ignores: [...TESTS, 'bot/understand/**', 'bot/understand*.ts'],
    plugins: { house },
    rules: { 'house/no-customer-words': 'error' },
  },
  {
    files: ['{renewal,bot,bridge-agent,server,sandbox}/**/*.ts'],
    ignores: [
      ...TESTS,
      'server/{writer,inbox,outbox,timers,hints,migrate,embedded-postgres}.ts',
      'server/effects/**',
      'server/notices/scan.ts',
    ],
    plugins: { house },
    rules: {
      'house/no-sql': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[property.name=/^\\$(queryRaw|executeRaw)/]',
          message: 'SQL text stands in the writer, inbox, outbox, timers, effects and migrations.',
        },
      ],
    },
  },
  {
    // A test may take apart what it knows is there and hand over an async function as a body.
    files: TESTS,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'fetch', 'URL', 'Buffer', 'setTimeout', 'clearTimeout'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
);

/** A rule that no text in code matches `pattern`; comments and regular expressions are not text. */
function textRule(pattern, message) {
  return {
    meta: { type: 'problem', schema: [], messages: { found: message } },
    create(context) {
      const check = (node, text) => {
        if (typeof text === 'string' && pattern.test(text)) context.report({ node, messageId: 'found' });
      };
      return {
        Literal: (node) => check(node, node.value),
        TemplateElement: (node) => check(node, node.value.cooked),
      };
    },
  };
}
