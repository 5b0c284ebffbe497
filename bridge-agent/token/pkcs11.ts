/**
 * Any key with a PKCS#11 module (v2.40/3.1), P-256 and RSA, over pkcs11js.
 *
 * Facts that shaped it: a module keeps the login per process and lists blank slots; neither keys nor certificates
 * are unique by CKA_ID; CKM_ECDSA_SHA256 is often missing, so the hash is made here and the token signs it.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as Pkcs11 from 'pkcs11js';
import { ecdsaSignature, encode, objectIdentifier, sequence, TAG } from '../der.ts';
import { AgentProblem } from '../problem.ts';
import { certificateTemplate, keyPairTemplates } from './pkcs11-templates.ts';
import { asProblem, inModule, isAlready } from './pkcs11-problems.ts';
import { spkiOf } from './pkcs11-public-key.ts';
import type { Algorithm, KeysUnderId, PinState, Token, TokenCertificate, TokenDriver, TokenObject } from './port.ts';

/** DigestInfo (RFC 8017 §9.2) for SHA-256 around the hash. */
const digestInfo = (hash: Buffer) =>
  sequence(sequence(objectIdentifier('2.16.840.1.101.3.4.2.1'), Buffer.from([5, 0])), encode(TAG.octetString, hash));

interface Session {
  readonly handle: Pkcs11.Handle;
  readonly writable: boolean;
}

export class Pkcs11Driver implements TokenDriver {
  readonly #p11: typeof Pkcs11;
  readonly #module: Pkcs11.PKCS11;
  readonly #sessions = new Map<string, Session>();

  /** @throws AgentProblem token/driver-missing (not found, other architecture, no PKCS#11), token/driver-failed */
  constructor(modulePath: string) {
    try {
      // the addon has no ES module form
      this.#p11 = createRequire(import.meta.url)('pkcs11js') as typeof Pkcs11;
      this.#module = new this.#p11.PKCS11();
      this.#module.load(modulePath);
    } catch (cause) {
      throw new AgentProblem('token/driver-missing', cause instanceof Error ? cause.message : undefined, { cause });
    }
    try {
      this.#module.C_Initialize();
    } catch (error) {
      if (!isAlready(error, 'CKR_CRYPTOKI_ALREADY_INITIALIZED')) throw asProblem(error);
    }
  }

  list(): Token[] {
    return inModule(() => this.#initialisedSlots().map(({ slot, info }) => this.#token(slot, info)));
  }

  certificates(serial: string): TokenCertificate[] {
    const { CKA_CLASS, CKO_CERTIFICATE, CKA_ID, CKA_VALUE } = this.#p11;
    return this.#inSession(serial, (session) =>
      this.#find(session, [{ type: CKA_CLASS, value: CKO_CERTIFICATE }]).map((object) => ({
        id: this.#attribute(session, object, CKA_ID).toString('hex'),
        der: this.#attribute(session, object, CKA_VALUE).toString('base64'),
      })),
    );
  }

  objects(serial: string): TokenObject[] {
    const { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE, CKO_DATA, CKA_CLASS, CKA_ID } = this.#p11;
    const classes = new Map<number, TokenObject['class']>([
      [CKO_PRIVATE_KEY, 'private-key'],
      [CKO_PUBLIC_KEY, 'public-key'],
      [CKO_CERTIFICATE, 'certificate'],
      [CKO_DATA, 'data'],
    ]);
    return this.#inSession(serial, (session) =>
      this.#find(session, []).map((object) => {
        const kind = classes.get(ulong(this.#attribute(session, object, CKA_CLASS))) ?? 'other';
        const id = kind === 'data' || kind === 'other' ? '' : this.#attribute(session, object, CKA_ID).toString('hex');
        return { class: kind, id, sha256: sha256(this.#identity(session, object, kind)).toString('hex') };
      }),
    );
  }

  keys(serial: string, id: string): KeysUnderId {
    const { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY } = this.#p11;
    return this.#inSession(serial, (session) => {
      const privateKeys = this.#find(session, this.#underId(CKO_PRIVATE_KEY, id)).length;
      const publicKeys = this.#find(session, this.#underId(CKO_PUBLIC_KEY, id));
      const [only, ...more] = publicKeys;
      if (only === undefined || more.length > 0) return { privateKeys, publicKeys: publicKeys.length };
      const spki = spkiOf(this.#p11, (type) => this.#attribute(session, only, type));
      return { privateKeys, publicKeys: 1, spki: spki.toString('base64') };
    });
  }

  login(serial: string, pin: Buffer): void {
    inModule(() => {
      const session = this.#writableSession(serial);
      try {
        // the binding takes text only: a copy that lives until this process ends, which is soon
        this.#module.C_Login(session, this.#p11.CKU_USER, pin.length > 0 ? pin.toString('utf8') : undefined);
      } catch (error) {
        if (!isAlready(error, 'CKR_USER_ALREADY_LOGGED_IN')) throw error;
      }
    });
  }

  generate(serial: string, pair: { id: string; label: string; algorithm: Algorithm }): void {
    inModule(() => {
      const { mechanism, publicKey, privateKey } = keyPairTemplates(this.#p11, pair);
      this.#module.C_GenerateKeyPair(this.#writableSession(serial), { mechanism }, publicKey, privateKey);
      // found again only through a new session: some modules list a new pair that never reached the token
      this.#closeSession(serial);
    });
  }

  sign(serial: string, id: string, data: Buffer): Buffer {
    const { CKO_PRIVATE_KEY, CKA_KEY_TYPE, CKK_EC, CKM_ECDSA, CKM_RSA_PKCS } = this.#p11;
    return this.#inSession(serial, (session) => {
      const [key, ...more] = this.#find(session, this.#underId(CKO_PRIVATE_KEY, id));
      if (key === undefined || more.length > 0) throw new AgentProblem('token/no-private-key');
      const elliptic = ulong(this.#attribute(session, key, CKA_KEY_TYPE)) === CKK_EC;
      const hash = sha256(data);
      this.#module.C_SignInit(session, { mechanism: elliptic ? CKM_ECDSA : CKM_RSA_PKCS }, key);
      // 512 octets hold a signature of RSA-4096
      const raw = this.#module.C_Sign(session, elliptic ? hash : digestInfo(hash), Buffer.alloc(512));
      return elliptic ? ecdsaSignature(raw) : raw;
    });
  }

  writeCertificate(serial: string, certificate: { id: string; label: string; der: Buffer }): void {
    inModule(() => {
      this.#module.C_CreateObject(this.#writableSession(serial), certificateTemplate(this.#p11, certificate));
      this.#closeSession(serial);
    });
  }

  #initialisedSlots(): { slot: Pkcs11.Handle; info: Pkcs11.TokenInfo }[] {
    return this.#module
      .C_GetSlotList(true)
      .map((slot) => ({ slot, info: this.#module.C_GetTokenInfo(slot) }))
      .filter(({ info }) => (info.flags & this.#p11.CKF_TOKEN_INITIALIZED) !== 0);
  }

  #token(slot: Pkcs11.Handle, info: Pkcs11.TokenInfo): Token {
    const { CKF_WRITE_PROTECTED, CKF_PROTECTED_AUTHENTICATION_PATH } = this.#p11;
    const { CKM_EC_KEY_PAIR_GEN, CKM_RSA_PKCS_KEY_PAIR_GEN } = this.#p11;
    const mechanisms = this.#module.C_GetMechanismList(slot);
    return {
      serial: info.serialNumber.trim(),
      label: info.label.trim(),
      model: info.model.trim(),
      pin: this.#pinState(info.flags),
      writeProtected: (info.flags & CKF_WRITE_PROTECTED) !== 0,
      ownPinPad: (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) !== 0,
      pinLength: { min: info.minPinLen, max: info.maxPinLen },
      makes: [
        ...(mechanisms.includes(CKM_EC_KEY_PAIR_GEN) ? (['P-256'] as const) : []),
        ...(mechanisms.includes(CKM_RSA_PKCS_KEY_PAIR_GEN) ? (['RSA-2048'] as const) : []),
      ],
    };
  }

  #pinState(flags: number): PinState {
    const { CKF_USER_PIN_LOCKED, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_COUNT_LOW } = this.#p11;
    if (flags & CKF_USER_PIN_LOCKED) return 'locked';
    if (flags & CKF_USER_PIN_FINAL_TRY) return 'final';
    return flags & CKF_USER_PIN_COUNT_LOW ? 'low' : 'ok';
  }

  #slot(serial: string): Pkcs11.Handle {
    const [slot, ...more] = this.#initialisedSlots().filter(({ info }) => info.serialNumber.trim() === serial);
    if (slot === undefined) throw new AgentProblem('token/removed', `no token ${serial.slice(-4)}`);
    if (more.length > 0) throw new AgentProblem('token/several');
    return slot.slot;
  }

  #inSession<T>(serial: string, use: (session: Pkcs11.Handle) => T): T {
    return inModule(() => use(this.#sessions.get(serial)?.handle ?? this.#openSession(serial, false)));
  }

  /** Read-write only where something is to change. */
  #writableSession(serial: string): Pkcs11.Handle {
    const open = this.#sessions.get(serial);
    if (open?.writable) return open.handle;
    const handle = this.#openSession(serial, true);
    if (open) this.#module.C_CloseSession(open.handle);
    return handle;
  }

  #openSession(serial: string, writable: boolean): Pkcs11.Handle {
    const { CKF_SERIAL_SESSION, CKF_RW_SESSION } = this.#p11;
    const handle = this.#module.C_OpenSession(this.#slot(serial), CKF_SERIAL_SESSION | (writable ? CKF_RW_SESSION : 0));
    this.#sessions.set(serial, { handle, writable });
    return handle;
  }

  /** Another session is opened first: closing the last one would log out (PKCS#11 v3.1 §5.6.2). */
  #closeSession(serial: string): void {
    const old = this.#sessions.get(serial);
    this.#openSession(serial, true);
    if (old) this.#module.C_CloseSession(old.handle);
  }

  #underId(objectClass: number, id: string): Pkcs11.Template {
    return [
      { type: this.#p11.CKA_CLASS, value: objectClass },
      { type: this.#p11.CKA_ID, value: Buffer.from(id, 'hex') },
    ];
  }

  #find(session: Pkcs11.Handle, template: Pkcs11.Template): Pkcs11.Handle[] {
    this.#module.C_FindObjectsInit(session, template);
    try {
      const found: Pkcs11.Handle[] = [];
      for (let more = this.#module.C_FindObjects(session, 32); more.length > 0;) {
        found.push(...more);
        more = this.#module.C_FindObjects(session, 32);
      }
      return found;
    } finally {
      this.#module.C_FindObjectsFinal(session);
    }
  }

  #attribute(session: Pkcs11.Handle, object: Pkcs11.Handle, type: number): Buffer {
    const value = this.#module.C_GetAttributeValue(session, object, [{ type }])[0]?.value;
    return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
  }

  /** What makes an object itself: its value, or for a private key what may be read of it. */
  #identity(session: Pkcs11.Handle, object: Pkcs11.Handle, kind: TokenObject['class']): Buffer {
    const { CKA_VALUE, CKA_KEY_TYPE, CKA_MODULUS, CKK_RSA, CKA_EC_PARAMS, CKA_LABEL } = this.#p11;
    const read = (type: number) => this.#attribute(session, object, type);
    if (kind === 'other') return read(CKA_LABEL);
    if (kind === 'public-key') return spkiOf(this.#p11, read);
    if (kind !== 'private-key') return read(CKA_VALUE);
    return read(ulong(read(CKA_KEY_TYPE)) === CKK_RSA ? CKA_MODULUS : CKA_EC_PARAMS);
  }
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

/** CK_ULONG is 4 or 8 octets in the machine's order; every PC that PKCS#11 modules exist for is little-endian. */
const ulong = (bytes: Buffer) => bytes.readUIntLE(0, Math.min(bytes.length, 6));
