/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signs with a key in a token, through SunPKCS11: a JWT (ES256), and what a
 * COSE_Sign1 signs. Prints the JWT.
 * Usage: java TokenJwt.java P11-CONFIGURATION PIN-FILE ALIAS
 */
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.util.Base64;

public class TokenJwt {
	static final String ES256 = "SHA256withECDSAinP1363Format";

	static byte[] sign(Provider token, PrivateKey key, byte[] data)
	    throws Exception {
		Signature s = Signature.getInstance(ES256, token);
		s.initSign(key);
		s.update(data);
		return s.sign();
	}

	/* With Java's own code, not in the token. */
	static void verify(PublicKey key, byte[] data, byte[] signature)
	    throws Exception {
		Signature s = Signature.getInstance(ES256, "SunEC");
		s.initVerify(key);
		s.update(data);
		if (!s.verify(signature))
			throw new Exception("the signature is wrong");
	}

	static String base64url(byte[] b) {
		return Base64.getUrlEncoder().withoutPadding().encodeToString(b);
	}

	/* ["Signature1", << {1: -7} >>, h'', payload], RFC 9052, 4.4 */
	static byte[] sigStructure(byte[] payload) throws Exception {
		ByteArrayOutputStream b = new ByteArrayOutputStream();
		b.write(0x84);
		b.write(0x60 + 10);
		b.write("Signature1".getBytes("UTF-8"));
		b.write(new byte[] {0x43, (byte) 0xa1, 0x01, 0x26, 0x40});
		b.write(new byte[] {0x59, (byte) (payload.length >> 8),
		    (byte) payload.length});
		b.write(payload);
		return b.toByteArray();
	}

	public static void main(String[] arguments) throws Exception {
		Provider token = Security.getProvider("SunPKCS11")
		    .configure(arguments[0]);
		Security.addProvider(token);
		KeyStore store = KeyStore.getInstance("PKCS11", token);
		store.load(null, Files.readString(Path.of(arguments[1]))
		    .strip().toCharArray());
		PrivateKey key =
		    (PrivateKey) store.getKey(arguments[2], null);
		PublicKey open =
		    store.getCertificate(arguments[2]).getPublicKey();

		String head = base64url("{\"alg\":\"ES256\"}".getBytes());
		String body = base64url("{\"aud\":\"wallet\"}".getBytes());
		byte[] data = (head + "." + body).getBytes();
		byte[] signature = sign(token, key, data);
		verify(open, data, signature);
		System.out.println(head + "." + body + "." +
		    base64url(signature));

		byte[] structure = sigStructure(new byte[300]);
		verify(open, structure, sign(token, key, structure));
	}
}
