/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What both peers need: options, keys, a CA of their own and the data of a
 * person. Certificates are made by @peculiar/x509, so that the verifier meets
 * certificates that it has not made itself.
 */
import { createPublicKey, createPrivateKey, webcrypto } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

export const DOC_TYPE = 'org.iso.18013.5.1.mDL';
export const NAME_SPACE = 'org.iso.18013.5.1';
export const ELEMENTS = [
	'family_name',
	'birth_date',
	'portrait',
	'driving_privileges',
	'portrait_capture_date',
	'issuing_country',
	'age_over_18',
];

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const OPTIONS = {
	'device-key': { type: 'string' },
	'ereader-key': { type: 'string' },
	issued: { type: 'string' },
	mode: { type: 'string' },
	out: { type: 'string' },
	portrait: { type: 'string' },
	request: { type: 'string' },
	transcript: { type: 'string' },
	trust: { type: 'string', multiple: true },
};

/* commands: { verb: async function (options, operands) }; runs one of them. */
export async function main(commands) {
	const { values, positionals } = parseArgs({
		options: OPTIONS,
		allowPositionals: true,
	});
	const command = commands[positionals[0]];
	if (!command) {
		console.error(`verbs: ${Object.keys(commands).join(' ')}`);
		process.exit(2);
	}
	await command(values, positionals.slice(1));
}

/* A Uint8Array that is no Buffer: cbor-x encodes a Buffer in another way. */
export function read(file) {
	return new Uint8Array(readFileSync(file));
}

export function write(file, bytes) {
	writeFileSync(file, bytes);
}

export function publicJwk(file) {
	return createPublicKey(readFileSync(file)).export({ format: 'jwk' });
}

export function privateJwk(file) {
	return createPrivateKey(readFileSync(file)).export({ format: 'jwk' });
}

export function pemToDer(file) {
	const { rawData } = new x509.X509Certificate(readFileSync(file, 'utf8'));
	return new Uint8Array(rawData);
}

/* One line per response: "FILE accepted", or "FILE rejected: why". */
export async function judge(files, verify) {
	for (const file of files) {
		try {
			await verify(read(file));
			console.log(`${file} accepted`);
		} catch (error) {
			console.log(`${file} rejected: ${error.message}`);
		}
	}
}

function seconds(date) {
	return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

export function days(n) {
	return seconds(new Date(Date.now() + n * 86400000));
}

/* Of what is issued: from now on, for a month. */
export function validity() {
	return { signed: days(0), validUntil: days(30) };
}

function critical(extension) {
	return new x509.Extension(extension.type, true, extension.value);
}

const URL_CRL = 'https://peers.example/crl';
const NAMES_OF_ISSUER = new x509.GeneralNames([
	{ type: 'url', value: 'https://peers.example' },
]);

async function common(publicKey, issuerKey) {
	return [
		await x509.SubjectKeyIdentifierExtension.create(publicKey),
		await x509.AuthorityKeyIdentifierExtension.create(issuerKey),
		new x509.Extension('2.5.29.18', false, NAMES_OF_ISSUER.rawData),
		new x509.CRLDistributionPointsExtension([URL_CRL]),
	];
}

function name(cn) {
	return [
		{ C: [{ printableString: 'UT' }] },
		{ CN: [{ utf8String: cn }] },
	];
}

function keyPair() {
	return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}

/* An IACA and a document signer: 18013-5 Annex B. */
export async function authority(who) {
	const usage = x509.KeyUsageFlags;
	const keys = await keyPair();
	const ds = await keyPair();
	const dates = { notBefore: days(-1), notAfter: days(400) };
	const root = await x509.X509CertificateGenerator.createSelfSigned({
		...dates,
		serialNumber: serial(),
		name: name(`${who} IACA`),
		keys,
		signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
		extensions: [
			new x509.BasicConstraintsExtension(true, 0, true),
			new x509.KeyUsagesExtension(
			    usage.keyCertSign | usage.cRLSign, true),
			...await common(keys.publicKey, keys.publicKey),
		],
	});
	const leaf = await x509.X509CertificateGenerator.create({
		...dates,
		serialNumber: serial(),
		subject: name(`${who} DS`),
		issuer: root.subjectName, /* byte by byte: RFC 5280 4.1.2.6 */
		publicKey: ds.publicKey,
		signingKey: keys.privateKey,
		signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
		extensions: [
			new x509.KeyUsagesExtension(
			    usage.digitalSignature, true),
			critical(new x509.ExtendedKeyUsageExtension(
			    ['1.0.18013.5.1.2'])),
			...await common(ds.publicKey, keys.publicKey),
		],
	});
	return {
		root: root.toString('pem'),
		leaf: leaf.toString('pem'),
		key: await webcrypto.subtle.exportKey('jwk', ds.privateKey),
	};
}

function serial() {
	const bytes = webcrypto.getRandomValues(new Uint8Array(16));
	bytes[0] = (bytes[0] & 0x3f) | 0x40;
	return Buffer.from(bytes).toString('hex');
}

/* dateOnly: what the peer wants where the standard has a full-date. */
export function person(portrait, dateOnly) {
	return {
		family_name: 'Mustermann',
		given_name: 'Erika',
		birth_date: dateOnly('1994-08-12'),
		issue_date: dateOnly('2026-01-15'),
		expiry_date: dateOnly('2036-01-14'),
		issuing_country: 'UT',
		issuing_authority: 'Utopia Department of Motor Vehicles',
		document_number: 'UT-0815-4711',
		portrait: read(portrait),
		driving_privileges: [
			{
				vehicle_category_code: 'B',
				issue_date: dateOnly('2012-09-03'),
				expiry_date: dateOnly('2036-01-14'),
			},
			{ vehicle_category_code: 'AM' },
		],
		un_distinguishing_sign: 'UTO',
		sex: 2,
		height: 171,
		portrait_capture_date: new Date('2026-01-10T09:30:00Z'),
		age_over_18: true,
	};
}

/* Both forms that holders are given: bare and as a response without device
 * authentication. */
export function writeIssued(folder, issuerSigned, wrapped, ca) {
	write(`${folder}/mdl.cbor`, issuerSigned);
	write(`${folder}/mdoc.cbor`, wrapped);
	write(`${folder}/iaca.pem`, ca.root);
	write(`${folder}/ds.pem`, ca.leaf);
}

function text(s) {
	return Buffer.concat([Buffer.from([0x60 + s.length]), Buffer.from(s)]);
}

/* {"version", "documents": [{"docType", "issuerSigned"}], "status": 0} */
export function wrap(issuerSigned) {
	return new Uint8Array(Buffer.concat([
		Buffer.from([0xa3]),
		text('version'), text('1.0'),
		text('documents'), Buffer.from([0x81, 0xa2]),
		text('docType'), text(DOC_TYPE),
		text('issuerSigned'), issuerSigned,
		text('status'), Buffer.from([0]),
	]));
}

/* The other way round, for what a peer has put together itself. */
export function unwrap(wrapped) {
	const bytes = Buffer.from(wrapped);
	const label = text('issuerSigned');
	const tail = Buffer.concat([text('status'), Buffer.from([0])]);
	const start = bytes.indexOf(label) + label.length;
	const end = bytes.length - tail.length;
	if (start < label.length || !bytes.subarray(end).equals(tail))
		throw new Error('the peer has changed the order of members');
	return new Uint8Array(bytes.subarray(start, end));
}
