/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/model/schema.h"

/* clang-format off */
#define KEY(key, of)          { key, 0, NULL, of }
#define LABEL(label, name, of) { NULL, label, name, of }
#define AT(name, of)          { NULL, 0, name, of }
#define MEMBERS(list)         .members = (list), .members_n = nitems(list)
#define VALUES(list)          .values = (list), .values_n = nitems(list)
/* clang-format on */

/* ---- COSE (RFC 9052, 9053, 9360) */

static const struct schema_value alg_values[] = {
	{ -7, "ES256" },
	{ -8, "EdDSA" },
	{ -9, "ESP256" },
	{ -16, "SHA-256" },
	{ -19, "Ed25519" },
	{ -35, "ES384" },
	{ -36, "ES512" },
	{ -43, "SHA-384" },
	{ -44, "SHA-512" },
	{ -51, "ESP384" },
	{ -52, "ESP512" },
	{ -53, "Ed448" },
	{ 5, "HMAC 256/256" },
};
static const struct schema alg = { VALUES(alg_values) };

static const struct schema certificates = { .certificate = true };
static const struct schema certificate_chain = { .certificate = true,
	.element = &certificates };

static const struct schema_member thumbprint_members[] = {
	AT("hash algorithm", &alg),
	AT("hash", NULL),
};
static const struct schema thumbprint = { MEMBERS(thumbprint_members) };

static const struct schema_member header_members[] = {
	LABEL(1, "alg", &alg),
	LABEL(2, "crit", NULL),
	LABEL(3, "content type", NULL),
	LABEL(4, "kid", NULL),
	LABEL(16, "typ", NULL),
	LABEL(33, "x5chain", &certificate_chain),
	LABEL(34, "x5t", &thumbprint),
};
static const struct schema headers = { MEMBERS(header_members) };
static const struct schema protected_headers = { .content = &headers };

static const struct schema_value kty_values[] = {
	{ 1, "OKP" },
	{ 2, "EC2" },
};
static const struct schema kty = { VALUES(kty_values) };

static const struct schema_value crv_values[] = {
	{ 1, "P-256" },
	{ 2, "P-384" },
	{ 3, "P-521" },
	{ 4, "X25519" },
	{ 5, "X448" },
	{ 6, "Ed25519" },
	{ 7, "Ed448" },
	{ 256, "brainpoolP256r1" },
	{ 257, "brainpoolP320r1" },
	{ 258, "brainpoolP384r1" },
	{ 259, "brainpoolP512r1" },
};
static const struct schema crv = { VALUES(crv_values) };

static const struct schema_member cose_key_members[] = {
	LABEL(1, "kty", &kty),
	LABEL(2, "kid", NULL),
	LABEL(3, "alg", &alg),
	LABEL(4, "key_ops", NULL),
	LABEL(-1, "crv", &crv),
	LABEL(-2, "x", NULL),
	LABEL(-3, "y", NULL),
	LABEL(-4, "d, private", NULL),
};
static const struct schema cose_key = { .name = "COSE_Key",
	MEMBERS(cose_key_members) };

static const struct schema_member mac0_members[] = {
	AT("protected", &protected_headers),
	AT("unprotected", &headers),
	AT("payload", NULL),
	AT("tag", NULL),
};
static const struct schema mac0 = { .name = "COSE_Mac0",
	MEMBERS(mac0_members) };

static const struct schema any_content = { .content =
					       &(const struct schema){ NULL } };

static const struct schema_member sign1_members[] = {
	AT("protected", &protected_headers),
	AT("unprotected", &headers),
	AT("payload", &any_content),
	AT("signature", NULL),
};
static const struct schema sign1 = { .name = "COSE_Sign1",
	MEMBERS(sign1_members) };

/* ---- MobileSecurityObject (18013-5 12.3.4) */

static const struct schema_member validity_members[] = {
	KEY("signed", NULL),
	KEY("validFrom", NULL),
	KEY("validUntil", NULL),
	KEY("expectedUpdate", NULL),
};
static const struct schema validity = { MEMBERS(validity_members) };

static const struct schema_member key_info_members[] = {
	KEY("deviceKey", &cose_key),
};
static const struct schema key_info = { MEMBERS(key_info_members) };

static const struct schema_member status_list_members[] = {
	KEY("certificate", &certificates),
};
static const struct schema status_list = { MEMBERS(status_list_members) };
static const struct schema mso_status = { .element = &status_list };

static const struct schema_member mso_members[] = {
	KEY("deviceKeyInfo", &key_info),
	KEY("validityInfo", &validity),
	KEY("status", &mso_status),
};
static const struct schema mso = { .name = "MobileSecurityObject",
	MEMBERS(mso_members) };

static const struct schema mso_bytes = { .content = &mso };
static const struct schema_member issuer_auth_members[] = {
	AT("protected", &protected_headers),
	AT("unprotected", &headers),
	AT("payload", &mso_bytes),
	AT("signature", NULL),
};
static const struct schema issuer_auth = { .name = "COSE_Sign1",
	MEMBERS(issuer_auth_members) };

/* ---- DeviceResponse (10.3) */

const struct schema schema_item = { .name = "IssuerSignedItem" };

static const struct schema items = { .element = &schema_item };
static const struct schema issuer_name_spaces = { .element = &items };

static const struct schema_member issuer_signed_members[] = {
	KEY("nameSpaces", &issuer_name_spaces),
	KEY("issuerAuth", &issuer_auth),
};
static const struct schema issuer_signed = { .name = "IssuerSigned",
	MEMBERS(issuer_signed_members) };

static const struct schema device_name_spaces = { .name = "DeviceNameSpaces" };

static const struct schema_member device_auth_members[] = {
	KEY("deviceSignature", &sign1),
	KEY("deviceMac", &mac0),
};
static const struct schema device_auth = { .name = "DeviceAuth",
	MEMBERS(device_auth_members) };

static const struct schema_member device_signed_members[] = {
	KEY("nameSpaces", &device_name_spaces),
	KEY("deviceAuth", &device_auth),
};
static const struct schema device_signed = { .name = "DeviceSigned",
	MEMBERS(device_signed_members) };

static const struct schema_value error_values[] = {
	{ 0, "data not returned" },
};
static const struct schema error_code = { VALUES(error_values) };
static const struct schema errors = { .element = &error_code };
static const struct schema document_errors = { .element = &errors };

static const struct schema_member document_members[] = {
	KEY("issuerSigned", &issuer_signed),
	KEY("deviceSigned", &device_signed),
	KEY("errors", &document_errors),
};
static const struct schema document = { .name = "Document",
	MEMBERS(document_members) };
static const struct schema documents = { .element = &document };

static const struct schema_value status_values[] = {
	{ 0, "OK" },
	{ 10, "general error" },
	{ 11, "CBOR decoding error" },
	{ 12, "CBOR validation error" },
};
static const struct schema status = { VALUES(status_values) };

static const struct schema_member response_members[] = {
	KEY("documents", &documents),
	KEY("documentErrors", &document_errors),
	KEY("status", &status),
};
static const struct schema response = { .name = "DeviceResponse",
	MEMBERS(response_members) };
static const struct schema container = {
	.name = "documents in storage, not a DeviceResponse",
	MEMBERS(response_members)
};

/* ---- DeviceRequest (10.2) */

static const struct schema encryption_parameters = {
	.name = "EncryptionParameters"
};
static const struct schema_member request_info_members[] = {
	KEY("docResponseEncryption", &encryption_parameters),
};
static const struct schema request_info = { MEMBERS(request_info_members) };

static const struct schema_member items_request_members[] = {
	KEY("requestInfo", &request_info),
};
static const struct schema items_request = { .name = "ItemsRequest",
	MEMBERS(items_request_members) };

static const struct schema_member doc_request_members[] = {
	KEY("itemsRequest", &items_request),
	KEY("readerAuth", &sign1),
};
static const struct schema doc_request = { .name = "DocRequest",
	MEMBERS(doc_request_members) };
static const struct schema doc_requests = { .element = &doc_request };

static const struct schema request_info_all = { .name = "DeviceRequestInfo" };
static const struct schema sign1_list = { .element = &sign1 };
static const struct schema cose_keys = { .element = &cose_key };

static const struct schema_member request_members[] = {
	KEY("docRequests", &doc_requests),
	KEY("deviceRequestInfo", &request_info_all),
	KEY("readerAuthAll", &sign1_list),
	KEY("macKeys", &cose_keys),
};
static const struct schema request = { .name = "DeviceRequest",
	MEMBERS(request_members) };

/* ---- DeviceEngagement (9.1) */

static const struct schema_value retrieval_values[] = {
	{ 1, "NFC" },
	{ 2, "BLE" },
	{ 3, "Wi-Fi Aware" },
	{ 4, "REST" },
};
static const struct schema retrieval = { VALUES(retrieval_values) };

static const struct schema_member nfc_members[] = {
	LABEL(0, "maximum command data", NULL),
	LABEL(1, "maximum response data", NULL),
};
static const struct schema nfc = { .name = "NfcOptions", MEMBERS(nfc_members) };

static const struct schema_member ble_members[] = {
	LABEL(0, "peripheral server mode", NULL),
	LABEL(1, "central client mode", NULL),
	LABEL(10, "UUID, peripheral server mode", NULL),
	LABEL(11, "UUID, central client mode", NULL),
	LABEL(20, "address", NULL),
	LABEL(21, "PSM", NULL),
};
static const struct schema ble = { .name = "BleOptions", MEMBERS(ble_members) };

static const struct schema_member wifi_members[] = {
	LABEL(0, "passphrase", NULL),
	LABEL(1, "operating class", NULL),
	LABEL(2, "channel", NULL),
	LABEL(3, "bands", NULL),
};
static const struct schema wifi = { .name = "WifiOptions",
	MEMBERS(wifi_members) };

static const struct schema_member rest_members[] = {
	LABEL(0, "URI", NULL),
};
static const struct schema rest = { .name = "RestApiOptions",
	MEMBERS(rest_members) };

/* The options of a retrieval method, by its type. */
static const struct schema *
options_pick(const struct outline *o, uint32_t node)
{
	static const struct schema *const types[] = { NULL, &nfc, &ble, &wifi,
		&rest };
	int64_t type;

	if (!outline_int(o, outline_child(o, o->nodes[node].parent, 0),
		&type) ||
	    type < 1 || (size_t)type >= nitems(types))
		return NULL;
	return types[type];
}

static const struct schema options = { .pick = options_pick };

static const struct schema_member method_members[] = {
	AT("type", &retrieval),
	AT("version", NULL),
	AT("options", &options),
};
static const struct schema method = { .name = "DeviceRetrievalMethod",
	MEMBERS(method_members) };
static const struct schema methods = { .element = &method };

static const struct schema_member security_members[] = {
	AT("cipher suite", NULL),
	AT("EDeviceKeyBytes", &cose_key),
};
static const struct schema security = { MEMBERS(security_members) };

static const struct schema_member capability_members[] = {
	LABEL(0, "MacKeysSupport", NULL),
	LABEL(1, "MacKeysCurves", NULL),
	LABEL(2, "HandoverSessionEstablishmentSupport", NULL),
	LABEL(3, "ReaderAuthAllSupport", NULL),
	LABEL(4, "ExtendedRequestSupport", NULL),
};
static const struct schema capabilities = { MEMBERS(capability_members) };

static const struct schema_member engagement_members[] = {
	LABEL(0, "version", NULL),
	LABEL(1, "security", &security),
	LABEL(2, "deviceRetrievalMethods", &methods),
	LABEL(3, "serverRetrievalMethods", NULL),
	LABEL(4, "protocolInfo", NULL),
	LABEL(5, "originInfos", NULL),
	LABEL(6, "capabilities", &capabilities),
};
static const struct schema engagement = { .name = "DeviceEngagement",
	MEMBERS(engagement_members) };

/* ---- sessions (12.2, 12.7) and what is signed (12.3 to 12.5) */

static const struct schema_value session_status_values[] = {
	{ 10, "session encryption error" },
	{ 11, "CBOR decoding error" },
	{ 20, "session termination" },
};
static const struct schema session_status = { VALUES(session_status_values) };

static const struct schema_member session_data_members[] = {
	KEY("data", NULL),
	KEY("status", &session_status),
};
static const struct schema session_data = { .name = "SessionData",
	MEMBERS(session_data_members) };

static const struct schema_member establishment_members[] = {
	KEY("eReaderKey", &cose_key),
};
static const struct schema establishment = { .name = "SessionEstablishment",
	MEMBERS(establishment_members) };

static const struct schema_member transcript_members[] = {
	AT("DeviceEngagementBytes", &engagement),
	AT("EReaderKeyBytes", &cose_key),
	AT("Handover", NULL),
};
static const struct schema transcript = { .name = "SessionTranscript",
	MEMBERS(transcript_members) };

static const struct schema_member device_authentication_members[] = {
	AT("context", NULL),
	AT("SessionTranscript", &transcript),
	AT("docType", NULL),
	AT("DeviceNameSpacesBytes", &device_name_spaces),
};
static const struct schema device_authentication = { .name =
							 "DeviceAuthentication",
	MEMBERS(device_authentication_members) };

static const struct schema_member reader_authentication_members[] = {
	AT("context", NULL),
	AT("SessionTranscript", &transcript),
	AT("ItemsRequestBytes", &items_request),
};
static const struct schema reader_authentication = { .name =
							 "ReaderAuthentication",
	MEMBERS(reader_authentication_members) };

static const struct schema items_requests = { .element = &items_request };
static const struct schema_member reader_authentication_all_members[] = {
	AT("context", NULL),
	AT("SessionTranscript", &transcript),
	AT("ItemsRequestBytes", &items_requests),
	AT("DeviceRequestInfoBytes", &request_info_all),
};
static const struct schema reader_authentication_all = {
	.name = "ReaderAuthenticationAll",
	MEMBERS(reader_authentication_all_members)
};

static const struct schema_member sig_structure_members[] = {
	AT("context", NULL),
	AT("protected", &protected_headers),
	AT("external_aad", NULL),
	AT("payload", &any_content),
};
static const struct schema sig_structure = { .name = "Sig_structure",
	MEMBERS(sig_structure_members) };
static const struct schema mac_structure = { .name = "MAC_structure",
	MEMBERS(sig_structure_members) };

/* ---- recognising */

/* Maps by members that they have; the first that fits. */
static const struct {
	const struct schema *schema;
	const char *keys[2];
} maps[] = {
	{ &request, { "version", "docRequests" } },
	{ &mso, { "digestAlgorithm", "valueDigests" } },
	{ &response, { "version", "documents" } },
	{ &response, { "version", "status" } },
	{ &document, { "docType", "issuerSigned" } },
	{ &issuer_signed, { "issuerAuth", NULL } },
	{ &device_signed, { "deviceAuth", "nameSpaces" } },
	{ &doc_request, { "itemsRequest", NULL } },
	{ &items_request, { "docType", "nameSpaces" } },
	{ &schema_item, { "digestID", "elementIdentifier" } },
	{ &establishment, { "eReaderKey", "data" } },
	{ &container, { "documents", NULL } },
};

/* Arrays by their first element. */
static const struct {
	const struct schema *schema;
	const char *context;
} arrays[] = {
	{ &device_authentication, "DeviceAuthentication" },
	{ &reader_authentication, "ReaderAuthentication" },
	{ &reader_authentication_all, "ReaderAuthenticationAll" },
	{ &sig_structure, "Signature1" },
	{ &mac_structure, "MAC0" },
};

static bool
is_kind(const struct outline *o, uint32_t node, enum cbor_kind kind)
{
	return node != OUTLINE_NONE && o->nodes[node].kind == kind;
}

static const struct schema *
recognise_labels(const struct outline *o, uint32_t map)
{
	int64_t n;

	if (is_kind(o, outline_label(o, map, 0), CBOR_KIND_TSTR) &&
	    is_kind(o, outline_label(o, map, 1), CBOR_KIND_ARRAY))
		return &engagement;
	if (outline_int(o, outline_label(o, map, 1), &n) &&
	    outline_int(o, outline_label(o, map, -1), &n))
		return &cose_key;
	return NULL;
}

/* Nothing but "data" and "status", and one of them. */
static bool
is_session_data(const struct outline *o, uint32_t map)
{
	const uint32_t data = outline_member(o, map, "data");
	const uint32_t code = outline_member(o, map, "status");
	const uint32_t n =
	    (data != OUTLINE_NONE ? 2U : 0) + (code != OUTLINE_NONE ? 2U : 0);

	return n > 0 && o->nodes[map].children == n &&
	    (data == OUTLINE_NONE || is_kind(o, data, CBOR_KIND_BSTR));
}

static const struct schema *
recognise_map(const struct outline *o, uint32_t map)
{
	for (size_t i = 0; i < nitems(maps); i++) {
		if (outline_member(o, map, maps[i].keys[0]) != OUTLINE_NONE &&
		    (maps[i].keys[1] == NULL ||
			outline_member(o, map, maps[i].keys[1]) !=
			    OUTLINE_NONE))
			return maps[i].schema;
	}
	if (is_session_data(o, map))
		return &session_data;
	return recognise_labels(o, map);
}

/* COSE_Mac0 has the shape of COSE_Sign1: {1: 5} is HMAC 256/256. */
static const struct schema *
recognise_cose(const struct outline *o, uint32_t array)
{
	const uint32_t protected_ = outline_child(o, array, 0);
	const uint32_t payload = outline_child(o, array, 2);
	const struct bytes bucket = outline_content(o, protected_);

	if (!is_kind(o, protected_, CBOR_KIND_BSTR) ||
	    !is_kind(o, outline_child(o, array, 1), CBOR_KIND_MAP) ||
	    !(is_kind(o, payload, CBOR_KIND_BSTR) ||
		is_kind(o, payload, CBOR_KIND_NULL)) ||
	    !is_kind(o, outline_child(o, array, 3), CBOR_KIND_BSTR))
		return NULL;
	return bytes_equal(bucket, bytes_of("\xa1\x01\x05", 3)) ? &mac0
								: &sign1;
}

static bool
is_tagged_or_null(const struct outline *o, uint32_t node)
{
	return is_kind(o, node, CBOR_KIND_NULL) ||
	    (is_kind(o, node, CBOR_KIND_TAG) && o->nodes[node].value == 24);
}

static const struct schema *
recognise_array(const struct outline *o, uint32_t array)
{
	const uint32_t first = outline_child(o, array, 0);

	for (size_t i = 0; i < nitems(arrays); i++) {
		if (outline_is_text(o, first, arrays[i].context))
			return arrays[i].schema;
	}
	if (o->nodes[array].children == 4)
		return recognise_cose(o, array);
	if (o->nodes[array].children == 3 && is_tagged_or_null(o, first) &&
	    is_tagged_or_null(o, outline_child(o, array, 1)))
		return &transcript;
	return NULL;
}

const struct schema *
schema_recognise(const struct outline *o, uint32_t node)
{
	const struct outline_node *n;

	while (node != OUTLINE_NONE) {
		n = &o->nodes[node];
		if (n->kind == CBOR_KIND_MAP)
			return recognise_map(o, node);
		if (n->kind == CBOR_KIND_ARRAY)
			return recognise_array(o, node);
		if (n->kind != CBOR_KIND_TAG && !n->opened)
			break;
		node = n->child;
	}
	return NULL;
}
