/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SunPKCS11 provider of OpenJDK over one module: what the token does is
 * compared with Java's own providers. Prints "OK step" or "FAIL step: why".
 * Usage: java SunP11.java MODULE PIN
 */
import java.security.*;
import java.security.interfaces.*;
import java.security.spec.*;
import java.util.*;
import javax.crypto.*;
import javax.crypto.spec.*;

public class SunP11 {
	interface Step {
		void run() throws Exception;
	}

	static final byte[] DATA = "to be signed".getBytes();
	static Provider token;

	static void step(String name, Step s) {
		try {
			s.run();
			System.out.println("OK " + name);
		} catch (Throwable e) {
			Throwable cause = e;
			while (cause.getCause() != null)
				cause = cause.getCause();
			System.out.println("FAIL " + name + " : " + cause);
		}
	}

	static void need(boolean good, String what) throws Exception {
		if (!good)
			throw new Exception(what);
	}

	/* Signed in the token, verified by Java and by the token. */
	static void sign(String how, String type, KeyPair pair)
	    throws Exception {
		byte[] data = how.startsWith("NONEwithECDSA")
		    ? Arrays.copyOf(DATA, 32) : DATA;
		Signature s = Signature.getInstance(how, token);
		byte[] signature = null;
		boolean verified = false;
		/*
		 * Java gives the token the shorter of two spellings where r
		 * and s begin with zeros, as often happens with P-521.
		 */
		for (int i = 0; i < 24 && !verified; i++) {
			s.initSign(pair.getPrivate());
			s.update(data, 0, 5);
			s.update(data, 5, data.length - 5);
			signature = s.sign();
			s.initVerify(pair.getPublic());
			s.update(data);
			verified = s.verify(signature);
		}
		need(verified, "the token does not verify it");
		PublicKey open = KeyFactory.getInstance(type).generatePublic(
		    new X509EncodedKeySpec(pair.getPublic().getEncoded()));
		Signature v = Signature.getInstance(how);
		v.initVerify(open);
		v.update(data);
		need(v.verify(signature), "Java does not verify it");
		signature[signature.length - 1] ^= 1;
		s.initVerify(pair.getPublic());
		s.update(data);
		boolean refused;
		try {
			refused = !s.verify(signature);
		} catch (SignatureException e) {
			refused = true;
		}
		need(refused, "a changed signature is verified");
	}

	static KeyPair generate(String type, AlgorithmParameterSpec spec)
	    throws Exception {
		KeyPairGenerator g = KeyPairGenerator.getInstance(type, token);
		g.initialize(spec);
		return g.generateKeyPair();
	}

	static void curve(String name) {
		KeyPair[] pair = new KeyPair[2];

		step("ec-generate-" + name, () -> {
			for (int i = 0; i < 2; i++)
				pair[i] = generate("EC",
				    new ECGenParameterSpec(name));
		});
		for (String how : new String[] {"NONEwithECDSA", "SHA1withECDSA",
			 "SHA224withECDSA", "SHA256withECDSA",
			 "SHA384withECDSA", "SHA512withECDSA",
			 "SHA256withECDSAinP1363Format"})
			step("ec-sign-" + how + "-" + name,
			    () -> sign(how, "EC", pair[0]));
		step("ecdh-" + name, () -> {
			byte[][] z = new byte[2][];
			for (int i = 0; i < 2; i++) {
				KeyAgreement a =
				    KeyAgreement.getInstance("ECDH", token);
				a.init(pair[i].getPrivate());
				a.doPhase(pair[1 - i].getPublic(), true);
				z[i] = a.generateSecret();
			}
			need(Arrays.equals(z[0], z[1]), "two secrets");
		});
		step("ecdh-with-java-" + name, () -> {
			KeyPairGenerator g =
			    KeyPairGenerator.getInstance("EC", "SunEC");
			g.initialize(new ECGenParameterSpec(name));
			KeyPair soft = g.generateKeyPair();
			KeyAgreement a = KeyAgreement.getInstance("ECDH", token);
			a.init(pair[0].getPrivate());
			a.doPhase(soft.getPublic(), true);
			KeyAgreement b =
			    KeyAgreement.getInstance("ECDH", "SunEC");
			b.init(soft.getPrivate());
			b.doPhase(KeyFactory.getInstance("EC", "SunEC")
			    .generatePublic(new X509EncodedKeySpec(
				pair[0].getPublic().getEncoded())), true);
			need(Arrays.equals(a.generateSecret(),
				 b.generateSecret()), "two secrets");
		});
	}

	static void rsa(int bits) {
		KeyPair[] pair = new KeyPair[1];

		step("rsa-generate-" + bits, () -> pair[0] = generate("RSA",
		    new RSAKeyGenParameterSpec(bits, RSAKeyGenParameterSpec.F4)));
		for (String how : new String[] {"SHA1withRSA", "SHA256withRSA",
			 "SHA384withRSA", "SHA512withRSA"})
			step("rsa-sign-" + how + "-" + bits,
			    () -> sign(how, "RSA", pair[0]));
		step("rsa-pss-" + bits, () -> {
			Signature s = Signature.getInstance("RSASSA-PSS", token);
			s.setParameter(new PSSParameterSpec("SHA-256", "MGF1",
			    MGF1ParameterSpec.SHA256, 32, 1));
			s.initSign(pair[0].getPrivate());
			s.update(DATA);
			byte[] signature = s.sign();
			s.initVerify(pair[0].getPublic());
			s.update(DATA);
			need(s.verify(signature), "not verified");
		});
		for (String how : new String[] {"RSA/ECB/PKCS1Padding",
			 "RSA/ECB/NoPadding"})
			step("rsa-crypt-" + how + "-" + bits, () -> {
				byte[] in = how.contains("No")
				    ? Arrays.copyOf(DATA, bits / 8) : DATA;
				if (in.length > DATA.length)
					in[0] = 0;
				Cipher c = Cipher.getInstance(how, token);
				c.init(Cipher.ENCRYPT_MODE, pair[0].getPublic());
				byte[] secret = c.doFinal(in);
				c.init(Cipher.DECRYPT_MODE,
				    pair[0].getPrivate());
				need(Arrays.equals(in, c.doFinal(secret)),
				    "not the same");
			});
		step("rsa-wrap-" + bits, () -> {
			SecretKey k = new SecretKeySpec(new byte[16], "AES");
			Cipher c = Cipher.getInstance("RSA/ECB/PKCS1Padding",
			    token);
			c.init(Cipher.WRAP_MODE, pair[0].getPublic());
			byte[] wrapped = c.wrap(k);
			c.init(Cipher.UNWRAP_MODE, pair[0].getPrivate());
			Key got = c.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
			need(Arrays.equals(k.getEncoded(), got.getEncoded()),
			    "not the same");
		});
	}

	static void crypt(String how, SecretKey key, Key soft,
	    AlgorithmParameterSpec spec, byte[] data) throws Exception {
		Cipher c = Cipher.getInstance(how, token);
		c.init(Cipher.ENCRYPT_MODE, key, spec);
		byte[] secret = c.doFinal(data);
		Cipher j = Cipher.getInstance(how, "SunJCE");
		j.init(Cipher.DECRYPT_MODE, soft, spec);
		need(Arrays.equals(data, j.doFinal(secret)),
		    "Java reads something else");
		c.init(Cipher.DECRYPT_MODE, key, spec);
		if (how.contains("GCM")) {
			need(Arrays.equals(data, c.doFinal(secret)),
			    "the token reads another thing");
			return;
		}
		byte[] got = new byte[secret.length + 64];
		int n = c.update(secret, 0, 7, got, 0);
		n += c.doFinal(secret, 7, secret.length - 7, got, n);
		need(Arrays.equals(data, Arrays.copyOf(got, n)),
		    "the token reads another thing");
	}

	static void aes(int bits) {
		byte[] value = Arrays.copyOf(DATA, bits / 8);
		SecretKeySpec soft = new SecretKeySpec(value, "AES");
		SecretKey[] key = new SecretKey[1];

		step("aes-import-" + bits, () -> key[0] = SecretKeyFactory
		    .getInstance("AES", token).translateKey(soft));
		for (String how : new String[] {"AES/CBC/PKCS5Padding",
			 "AES/CBC/NoPadding", "AES/CTR/NoPadding",
			 "AES/GCM/NoPadding", "AES/ECB/NoPadding",
			 "AES/ECB/PKCS5Padding"})
			step("aes-" + how + "-" + bits, () -> crypt(how, key[0],
			    soft, how.contains("GCM")
			    ? new GCMParameterSpec(128, new byte[12])
			    : how.contains("ECB") ? null
				: new IvParameterSpec(new byte[16]),
			    new byte[64]));
		step("aes-generate-" + bits, () -> {
			KeyGenerator g = KeyGenerator.getInstance("AES", token);
			g.init(bits);
			need(g.generateKey().getEncoded().length == bits / 8,
			    "its length");
		});
	}

	static void mac(String how, int length) {
		step("mac-" + how + "-" + length, () -> {
			SecretKeySpec k =
			    new SecretKeySpec(new byte[length], how);
			Mac x = Mac.getInstance(how, token);
			Mac y = Mac.getInstance(how, "SunJCE");
			x.init(k);
			y.init(k);
			x.update(DATA, 0, 3);
			x.update(DATA, 3, DATA.length - 3);
			need(Arrays.equals(x.doFinal(), y.doFinal(DATA)),
			    "not the same");
		});
	}

	static void digest(String how) {
		step("digest-" + how, () -> {
			MessageDigest x = MessageDigest.getInstance(how, token);
			x.update(DATA, 0, 3);
			x.update(DATA, 3, DATA.length - 3);
			need(Arrays.equals(x.digest(),
				 MessageDigest.getInstance(how, "SUN")
				     .digest(DATA)), "not the same");
		});
		step("digest-clone-" + how, () -> {
			MessageDigest x = MessageDigest.getInstance(how, token);
			x.update(DATA);
			MessageDigest y = (MessageDigest) x.clone();
			need(Arrays.equals(x.digest(), y.digest()),
			    "not the same");
		});
	}

	/* Keys that keytool put there, used through the key store. */
	static void stored(KeyStore store, String alias, String how) {
		step("stored-" + alias + "-" + how, () -> {
			PrivateKey k =
			    (PrivateKey) store.getKey(alias, null);
			need(k != null, "it is not there");
			PublicKey open =
			    store.getCertificate(alias).getPublicKey();
			Signature s = Signature.getInstance(how, token);
			s.initSign(k);
			s.update(DATA);
			byte[] signature = s.sign();
			Signature v = Signature.getInstance(how);
			v.initVerify(open);
			v.update(DATA);
			need(v.verify(signature), "not verified");
		});
	}

	/* Threads with an operation each: the provider pools sessions. */
	static void threads() {
		step("threads", () -> {
			KeyPair pair = generate("EC",
			    new ECGenParameterSpec("secp256r1"));
			List<Thread> all = new ArrayList<>();
			List<Throwable> errors =
			    Collections.synchronizedList(new ArrayList<>());
			for (int i = 0; i < 4; i++) {
				Thread t = new Thread(() -> {
					try {
						for (int j = 0; j < 25; j++)
							sign("NONEwithECDSA", "EC",
							    pair);
					} catch (Throwable e) {
						errors.add(e);
					}
				});
				all.add(t);
				t.start();
			}
			for (Thread t : all)
				t.join();
			need(errors.isEmpty(), errors.toString());
		});
	}

	static String configuration(String module) {
		return "--name=tested\nlibrary=" + module
		    + "\nslotListIndex=0\nattributes=compatibility\n"
		    + "attributes(*,CKO_PRIVATE_KEY,*)={\n"
		    + "CKA_SIGN=true\nCKA_DERIVE=true\n}\n"
		    + "attributes(*,CKO_SECRET_KEY,*)={\n"
		    + "CKA_SENSITIVE=false\nCKA_EXTRACTABLE=true\n}\n";
	}

	public static void main(String[] arguments) throws Exception {
		char[] pin = arguments[1].toCharArray();

		token = Security.getProvider("SunPKCS11")
		    .configure(configuration(arguments[0]));
		Security.addProvider(token);
		KeyStore store = KeyStore.getInstance("PKCS11", token);
		step("wrong-pin", () -> {
			boolean refused = false;
			try {
				KeyStore.getInstance("PKCS11", token)
				    .load(null, "9999".toCharArray());
			} catch (java.io.IOException e) {
				refused = true;
			}
			need(refused, "it is taken");
		});
		step("login", () -> store.load(null, pin));
		step("aliases", () -> need(Collections.list(store.aliases())
		    .contains("ec"), "the key of keytool is not there"));
		for (String name :
		    new String[] {"secp256r1", "secp384r1", "secp521r1"})
			curve(name);
		rsa(2048);
		for (int bits : new int[] {128, 256})
			aes(bits);
		for (String how : new String[] {"HmacSHA1", "HmacSHA256",
			 "HmacSHA384", "HmacSHA512"})
			for (int length : new int[] {16, 32, 64})
				mac(how, length);
		for (String how : new String[] {"SHA-1", "SHA-224", "SHA-256",
			 "SHA-384", "SHA-512"})
			digest(how);
		step("random", () -> SecureRandom.getInstance("PKCS11", token)
		    .nextBytes(new byte[32]));
		stored(store, "ec", "SHA256withECDSA");
		stored(store, "rsa", "SHA256withRSA");
		step("store-secret", () -> {
			store.setKeyEntry("secret", new SecretKeySpec(
			    new byte[32], "AES"), null, null);
			need(store.isKeyEntry("secret"), "it is not there");
		});
		step("delete", () -> {
			store.deleteEntry("rsa");
			need(!store.containsAlias("rsa"), "it is there");
		});
		threads();
		step("logout", () -> ((AuthProvider) token).logout());
	}
}
