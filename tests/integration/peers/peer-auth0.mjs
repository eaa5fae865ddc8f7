/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * @auth0/mdl as issuer, holder and verifier. It presents by a presentation
 * definition only, so the elements are those of common.mjs.
 */
import { readFileSync } from 'node:fs';
import mdl from '@auth0/mdl';
import { COSEKeyFromJWK } from 'cose-kit';
import * as common from './common.mjs';

async function issue(options) {
	const ca = await common.authority('auth0');
	const deviceKey = common.publicJwk(options['device-key']);
	const document = await new mdl.Document(common.DOC_TYPE)
	    .addIssuerNameSpace(common.NAME_SPACE,
		common.person(options.portrait, (date) => date))
	    .useDigestAlgorithm('SHA-256')
	    .addValidityInfo(common.validity())
	    .addDeviceKeyInfo({ deviceKey })
	    .sign({
		issuerPrivateKey: ca.key,
		issuerCertificate: ca.leaf,
		alg: 'ES256',
	    });
	const wrapped = new mdl.MDoc([document]).encode();
	common.writeIssued(options.out, common.unwrap(wrapped), wrapped, ca);
}

function field(element) {
	return {
		path: [`$['${common.NAME_SPACE}']['${element}']`],
		intent_to_retain: false,
	};
}

function definition() {
	return {
		id: 'peers',
		input_descriptors: [{
			id: common.DOC_TYPE,
			format: { mso_mdoc: { alg: ['ES256'] } },
			constraints: {
				limit_disclosure: 'required',
				fields: common.ELEMENTS.map(field),
			},
		}],
	};
}

async function present(options) {
	const device = common.privateJwk(options['device-key']);
	const transcript = Buffer.from(common.read(options.transcript));
	const response = mdl.DeviceResponse
	    .from(common.wrap(common.read(options.issued)))
	    .usingPresentationDefinition(definition())
	    .usingSessionTranscriptBytes(transcript);

	if (options.mode === 'mac') {
		const reader = common.publicJwk(options['ereader-key']);
		response.authenticateWithMAC(device, COSEKeyFromJWK(reader),
		    'HS256');
	} else {
		response.authenticateWithSignature(device, 'ES256');
	}
	common.write(options.out, (await response.sign()).encode());
}

async function verify(options, files) {
	const verifier = new mdl.Verifier(
	    options.trust.map((file) => readFileSync(file, 'utf8')));
	const ephemeralReaderKey =
	    COSEKeyFromJWK(common.privateJwk(options['ereader-key']));
	const encodedSessionTranscript = common.read(options.transcript);

	await common.judge(files, (response) => verifier.verify(response,
	    { ephemeralReaderKey, encodedSessionTranscript }));
}

await common.main({ issue, present, verify });
