/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is around a presentation, made by foreign code: an EReaderKey, a device
 * engagement with a QR code, and their SessionTranscript; and responses in
 * which one bit is wrong.
 */
import { generateKeyPairSync } from 'node:crypto';
import * as mdoc from '@animo-id/mdoc';
import * as common from './common.mjs';

function p256() {
	return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function coseKey(key) {
	return mdoc.COSEKey.fromJWK(key.export({ format: 'jwk' })).encode();
}

function tag24(buffer) {
	return new mdoc.DataItem({ buffer });
}

async function transcript(options) {
	const reader = p256();
	const engagement = mdoc.cborEncode(new Map([
		[0, '1.0'],
		[1, [1, tag24(coseKey(p256().publicKey))]],
		[2, [[1, 1, new Map([[0, 255], [1, 256]])]]],
	]));
	const inner = mdoc.cborEncode(
	    [tag24(engagement), tag24(coseKey(reader.publicKey)), null]);

	common.write(`${options.out}/transcript.cbor`, inner);
	common.write(`${options.out}/transcript-bytes.cbor`,
	    mdoc.cborEncode(tag24(inner)));
	common.write(`${options.out}/ereader.pem`,
	    reader.privateKey.export({ format: 'pem', type: 'pkcs8' }));
}

/* Where in the response something is that occurs only once. */
function flip(response, part, at) {
	const copy = Buffer.from(response);
	const start = copy.indexOf(Buffer.from(part));
	if (start < 0 || copy.indexOf(Buffer.from(part), start + 1) >= 0)
		throw new Error('not there exactly once');
	copy[start + at] ^= 1;
	return copy;
}

/* FILE: writes FILE.item, FILE.issuer and FILE.device. */
async function tamper(options, files) {
	for (const file of files) {
		const response = common.read(file);
		const { issuerSigned, deviceSigned } =
		    mdoc.parseDeviceResponse(response).documents[0];
		const { deviceSignature, deviceMac } = deviceSigned.deviceAuth;

		common.write(`${file}.item`,
		    flip(response, Buffer.from('Mustermann'), 3));
		common.write(`${file}.issuer`,
		    flip(response, issuerSigned.issuerAuth.signature, 40));
		common.write(`${file}.device`, deviceMac ?
		    flip(response, deviceMac.tag, 20) :
		    flip(response, deviceSignature.signature, 40));
	}
}

await common.main({ transcript, tamper });
