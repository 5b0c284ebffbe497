/** Builds and signs certificates (RFC 5280): the CA's own and those of profile `organisation`. */
import { createHash, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import type { Instant } from '../../renewal/calendar.ts';
import { ECDSA_WITH_SHA256 } from '../pki/public-key.ts';

/** X.520 attribute types; 2.5.4.97 organizationIdentifier holds the USCC. */
const ATTRIBUTES = {
  country: '2.5.4.6',
  organization: '2.5.4.10',
  organizationIdentifier: '2.5.4.97',
  commonName: '2.5.4.3',
} as const;
export type Names = { readonly [attribute in keyof typeof ATTRIBUTES]?: string };

export interface Dates {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

/** Who signs: a P-256 key and the name it goes by. */
export interface Signer {
  readonly key: KeyObject;
  readonly name: Name;
}

export interface Leaf extends Dates {
  readonly subject: Name;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
}

/** Sixteen bytes of which 126 bits are drawn: positive, never shorter, at most 20 bytes (RFC 5280 §4.1.2.2). */
export function drawSerial(): Buffer {
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  return serial;
}

/** Profile `organisation`: signing and non-repudiation, nothing else. */
export function issueLeaf(leaf: Leaf, serial: Buffer, signer: Signer): Buffer {
  const usage = new KeyUsage(KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation);
  return build(leaf, serial, signer, [
    extension(id_ce_basicConstraints, true, new BasicConstraints()),
    extension(id_ce_keyUsage, true, usage),
  ]);
}

/** The CA's own certificate: may sign end certificates and CRLs, no further CA. */
export function issueRoot(signer: Signer, dates: Dates): Buffer {
  const spki = createPublicKey(signer.key).export({ type: 'spki', format: 'der' });
  const usage = new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign);
  return build({ subject: signer.name, spki, ...dates }, drawSerial(), signer, [
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
    extension(id_ce_keyUsage, true, usage),
  ]);
}

/** One attribute a RDN, in the order given; the country as PrintableString (X.520), the rest as UTF8String. */
export function nameOf(names: Names): Name {
  const rdns = Object.entries(names).map(([attribute, value]) => {
    const type = ATTRIBUTES[attribute as keyof typeof ATTRIBUTES];
    const text = attribute === 'country' ? { printableString: value } : { utf8String: value };
    return new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value: new AttributeValue(text) })]);
  });
  return new Name(rdns);
}

function build(leaf: Leaf, serial: Buffer, signer: Signer, extensions: readonly Extension[]): Buffer {
  const spki = AsnConvert.parse(leaf.spki, SubjectPublicKeyInfo);
  const signerSpki = AsnConvert.parse(
    createPublicKey(signer.key).export({ type: 'spki', format: 'der' }),
    SubjectPublicKeyInfo,
  );
  const authority = new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyId(signerSpki)) });
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: arrayBuffer(serial),
    signature: algorithm,
    issuer: signer.name,
    // UTCTime until 2049, GeneralizedTime after it (RFC 5280 §4.1.2.5)
    validity: new Validity({ notBefore: new Date(leaf.notBefore), notAfter: new Date(leaf.notAfter) }),
    subject: leaf.subject,
    subjectPublicKeyInfo: spki,
    extensions: new Extensions([
      ...extensions,
      extension(id_ce_subjectKeyIdentifier, false, new OctetString(keyId(spki))),
      extension(id_ce_authorityKeyIdentifier, false, authority),
    ]),
  });
  const signed = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), signer.key);
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: arrayBuffer(signed),
  });
  return Buffer.from(AsnConvert.serialize(certificate));
}

/** Leftmost 160 bits of SHA-256 over the key bits (RFC 7093 §2, method 1). */
function keyId(spki: SubjectPublicKeyInfo): ArrayBuffer {
  const digest = createHash('sha256').update(Buffer.from(spki.subjectPublicKey)).digest();
  return arrayBuffer(digest.subarray(0, 20));
}

function extension(extnID: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
