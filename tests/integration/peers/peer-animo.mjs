/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * @animo-id/mdoc as issuer, holder and verifier. It leaves primitives to its
 * caller; here they are node:crypto's, and chains are @peculiar/x509's.
 */
import * as crypto from 'node:crypto';
import * as x509 from '@peculiar/x509';
import * as mdoc from '@animo-id/mdoc';
import * as common from './common.mjs';

const HASHES = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' };

function bytes(buffer) {
	return new Uint8Array(buffer);
}

/* privateKey: d; publicKey: an uncompressed point. */
function macKey({ privateKey, publicKey, sessionTranscriptBytes }) {
	const ecdh = crypto.createECDH('prime256v1');
	ecdh.setPrivateKey(privateKey);
	const secret = ecdh.computeSecret(publicKey);
	const salt = crypto.createHash('sha256')
	    .update(sessionTranscriptBytes).digest();
	const key = crypto.hkdfSync('sha256', secret, salt, 'EMacKey', 32);
	return {
		kty: 'oct',
		k: Buffer.from(key).toString('base64url'),
		alg: 'HS256',
	};
}

function hmac(jwk, data) {
	return crypto.createHmac('sha256', Buffer.from(jwk.k, 'base64url'))
	    .update(data).digest();
}

function sign({ sign1, jwk }) {
	const { data, alg } = sign1.getRawSigningData();
	const key = crypto.createPrivateKey({ key: jwk, format: 'jwk' });

	return bytes(crypto.sign(HASHES[alg], data,
	    { key, dsaEncoding: 'ieee-p1363' }));
}

function verifySignature({ sign1, jwk, options }) {
	const { data, signature, alg } = sign1.getRawVerificationData(options);
	const key = crypto.createPublicKey({ key: jwk, format: 'jwk' });

	return crypto.verify(HASHES[alg], data,
	    { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function authenticate({ mac0, jwk }) {
	return bytes(hmac(jwk, mac0.getRawSigningData().data));
}

function verifyMac({ mac0, jwk, options }) {
	const { data, signature } = mac0.getRawVerificationData(options);
	const tag = hmac(jwk, data);

	return tag.length === signature.length &&
	    crypto.timingSafeEqual(tag, signature);
}

function digest({ digestAlgorithm, bytes: data }) {
	const hash = crypto.createHash(digestAlgorithm.replace('-', ''));
	return bytes(hash.update(data).digest());
}

function certificate(der) {
	return new x509.X509Certificate(der);
}

async function checkChain({ trustedCertificates, x5chain }) {
	const [leaf, ...others] = x5chain.map(certificate);
	const roots = trustedCertificates.map(certificate);
	const builder = new x509.X509ChainBuilder({
		certificates: [...others, ...roots],
	});
	const chain = await builder.build(leaf);
	const top = chain[chain.length - 1];

	if (!roots.some((root) => root.equal(top)))
		throw new Error('no chain to a trusted certificate');
	for (let i = 0; i < chain.length; i++) {
		const { publicKey } = chain[Math.min(i + 1, chain.length - 1)];
		if (!await chain[i].verify({ publicKey }))
			throw new Error(`certificate ${i} is not valid`);
	}
}

function issuerNameField({ certificate: der, field }) {
	return certificate(der).issuerName.getField(field);
}

function certificateKey({ certificate: der }) {
	const { publicKey } = new crypto.X509Certificate(der);
	return publicKey.export({ format: 'jwk' });
}

function certificateData({ certificate: der }) {
	const c = certificate(der);
	return {
		issuerName: c.issuer,
		subjectName: c.subject,
		serialNumber: c.serialNumber,
		thumbprint: '',
		notBefore: c.notBefore,
		notAfter: c.notAfter,
		pem: c.toString('pem'),
	};
}

const context = {
	crypto: {
		random: (n) => bytes(crypto.randomBytes(n)),
		digest,
		calculateEphemeralMacKeyJwk: macKey,
	},
	cose: {
		sign1: { sign, verify: verifySignature },
		mac0: { sign: authenticate, verify: verifyMac },
	},
	x509: {
		getIssuerNameField: issuerNameField,
		getPublicKey: certificateKey,
		validateCertificateChain: checkChain,
		getCertificateData: certificateData,
	},
};

async function issue(options) {
	const ca = await common.authority('animo');
	const deviceKey = common.publicJwk(options['device-key']);
	const values = common.person(options.portrait,
	    (date) => new mdoc.DateOnly(date));
	const document = await new mdoc.Document(common.DOC_TYPE, context)
	    .addIssuerNameSpace(common.NAME_SPACE, values)
	    .useDigestAlgorithm('SHA-256')
	    .addValidityInfo(common.validity())
	    .addDeviceKeyInfo({ deviceKey })
	    .sign({
		issuerPrivateKey: ca.key,
		issuerCertificate: ca.leaf,
		alg: 'ES256',
	    }, context);
	common.writeIssued(options.out,
	    mdoc.cborEncode(document.prepare().get('issuerSigned')),
	    new mdoc.MDoc([document]).encode(), ca);
}

async function present(options) {
	const device = common.privateJwk(options['device-key']);
	const issued = mdoc.parseIssuerSigned(common.read(options.issued),
	    common.DOC_TYPE);
	const response = mdoc.DeviceResponse.from(new mdoc.MDoc([issued]))
	    .usingDeviceRequest(mdoc.DeviceRequest.parse(
		common.read(options.request)))
	    .usingSessionTranscriptBytes(common.read(options.transcript));

	if (options.mode === 'mac') {
		response.authenticateWithMAC(device,
		    common.publicJwk(options['ereader-key']), 'HS256');
	} else {
		response.authenticateWithSignature(device, 'ES256');
	}
	common.write(options.out, (await response.sign(context)).encode());
}

async function verify(options, files) {
	await common.judge(files, (response) =>
	    new mdoc.Verifier().verifyDeviceResponse({
		encodedDeviceResponse: response,
		encodedSessionTranscript: common.read(options.transcript),
		ephemeralReaderKey: common.privateJwk(options['ereader-key']),
		trustedCertificates: options.trust.map(common.pemToDer),
	    }, context));
}

await common.main({ issue, present, verify });
