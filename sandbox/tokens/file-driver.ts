/** The file-backed key as a token driver: the same calls and the same refusals as a real one. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { AgentProblem } from '../../bridge-agent/problem.ts';
import type {
  Algorithm,
  KeysUnderId,
  PinState,
  Token,
  TokenCertificate,
  TokenDriver,
  TokenObject,
} from '../../bridge-agent/token/port.ts';
import { isPin, PIN_TRIES, pluggedIn, readToken, writeToken } from './token-file.ts';
import type { StoredObject, StoredToken } from './token-file.ts';

export class FileDriver implements TokenDriver {
  readonly #folder: string;
  readonly #loggedIn = new Set<string>();

  /** @param folder with one folder a key */
  constructor(folder: string) {
    this.#folder = folder;
  }

  list(): Token[] {
    return pluggedIn(this.#folder).map((serial) => {
      const token = readToken(this.#folder, serial);
      return {
        serial,
        label: token.label,
        model: token.model,
        pin: pinState(token.triesLeft),
        writeProtected: token.writeProtected,
        ownPinPad: false,
        pinLength: { min: 4, max: 32 },
        makes: ['P-256', 'RSA-2048'],
      };
    });
  }

  certificates(serial: string): TokenCertificate[] {
    return this.#visible(serial)
      .filter((object) => object.class === 'certificate')
      .map(({ id, value }) => ({ id, der: value }));
  }

  objects(serial: string): TokenObject[] {
    return this.#visible(serial).map((object) => ({
      class: object.class,
      id: object.id,
      sha256: createHash('sha256').update(publicValue(object)).digest('hex'),
    }));
  }

  keys(serial: string, id: string): KeysUnderId {
    const found = this.#visible(serial).filter((object) => object.id === id);
    const publicKeys = found.filter((object) => object.class === 'public-key');
    const [only, ...more] = publicKeys;
    return {
      privateKeys: found.filter((object) => object.class === 'private-key').length,
      publicKeys: publicKeys.length,
      ...(only && more.length === 0 && { spki: only.value }),
    };
  }

  login(serial: string, pin: Buffer): void {
    const token = this.#token(serial);
    if (token.triesLeft === 0) throw new AgentProblem('pin/locked');
    const right = isPin(token, pin);
    const triesLeft = right ? PIN_TRIES : token.triesLeft - 1;
    writeToken(this.#folder, { ...token, triesLeft });
    if (!right) throw new AgentProblem(triesLeft === 0 ? 'pin/locked' : 'pin/incorrect');
    this.#loggedIn.add(serial);
  }

  generate(serial: string, { id, label, algorithm }: { id: string; label: string; algorithm: Algorithm }): void {
    const { privateKey, publicKey } =
      algorithm === 'P-256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    this.#store(serial, [
      { class: 'private-key', id, label, value: pkcs8 },
      { class: 'public-key', id, label, value: spki },
    ]);
  }

  sign(serial: string, id: string, data: Buffer): Buffer {
    const [key, ...more] = this.#visible(serial).filter((o) => o.class === 'private-key' && o.id === id);
    if (key === undefined || more.length > 0) throw new AgentProblem('token/no-private-key');
    return sign('sha256', data, privateKeyOf(key));
  }

  writeCertificate(serial: string, { id, label, der }: { id: string; label: string; der: Buffer }): void {
    this.#store(serial, [{ class: 'certificate', id, label, value: der.toString('base64') }]);
  }

  #token(serial: string): StoredToken {
    if (!pluggedIn(this.#folder).includes(serial)) throw new AgentProblem('token/removed');
    return readToken(this.#folder, serial);
  }

  #visible(serial: string): readonly StoredObject[] {
    const { objects } = this.#token(serial);
    return this.#loggedIn.has(serial) ? objects : objects.filter((object) => object.class !== 'private-key');
  }

  #store(serial: string, objects: readonly StoredObject[]): void {
    const token = this.#token(serial);
    if (!this.#loggedIn.has(serial)) throw new AgentProblem('token/driver-failed', 'not logged in');
    if (token.writeProtected) throw new AgentProblem('token/write-protected');
    if (token.objects.length + objects.length > token.room) throw new AgentProblem('token/full');
    writeToken(this.#folder, { ...token, objects: [...token.objects, ...objects] });
  }
}

function pinState(triesLeft: number): PinState {
  if (triesLeft === 0) return 'locked';
  if (triesLeft === 1) return 'final';
  return triesLeft < PIN_TRIES ? 'low' : 'ok';
}

const privateKeyOf = ({ value }: StoredObject) =>
  createPrivateKey({ key: Buffer.from(value, 'base64'), type: 'pkcs8', format: 'der' });

const publicValue = (object: StoredObject) =>
  object.class === 'private-key'
    ? createPublicKey(privateKeyOf(object)).export({ type: 'spki', format: 'der' })
    : Buffer.from(object.value, 'base64');
