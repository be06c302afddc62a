import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads what Sanad makes with the JDK alone: certificates and lists by CertificateFactory, paths by PKIX as MOSIP
 * calls it, signed texts by Signature, PKCS#12 by KeyStore.
 *
 * One argument: the folder with list.tsv. One line for each artefact: "ok", "fail" or nothing for kinds that the
 * JDK has no reader for.
 */
class ReadArtefacts {
  record Artefact(String name, String kind, String profile, String signer, List<String> path, byte[] bytes) {}

  static final Map<String, Artefact> SHELF = new LinkedHashMap<>();
  static CertificateFactory factory;

  public static void main(String[] folders) throws Exception {
    factory = CertificateFactory.getInstance("X.509");
    Path folder = Path.of(folders[0]);
    for (String line : Files.readAllLines(folder.resolve("list.tsv"))) {
      String[] cells = line.split("\t");
      List<String> path = cells[4].equals("-") ? List.of() : List.of(cells[4].split(","));
      byte[] bytes = Files.readAllBytes(folder.resolve(cells[0]));
      SHELF.put(cells[0], new Artefact(cells[0], cells[1], cells[2], cells[3], path, bytes));
    }
    for (Artefact one : SHELF.values()) {
      try {
        if (read(one)) System.out.println("ok\t" + one.name() + "\tread");
      } catch (Exception refusal) {
        System.out.println("fail\t" + one.name() + "\tread\t" + refusal.toString().replace('\n', ' '));
      }
    }
  }

  static boolean read(Artefact one) throws Exception {
    switch (one.kind()) {
      case "certificate" -> readCertificate(one);
      case "list" -> readList(one);
      case "jws" -> verifyJws(new String(one.bytes(), StandardCharsets.US_ASCII), certificate(one.signer()));
      case "pkcs12" -> readPkcs12(one);
      // The JDK has no public reader of requests, PEM keys, JSON and JWE.
      default -> {
        return false;
      }
    }
    return true;
  }

  static X509Certificate certificate(String name) throws Exception {
    byte[] bytes = SHELF.get(name).bytes();
    return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(bytes));
  }

  static void readCertificate(Artefact one) throws Exception {
    X509Certificate leaf = certificate(one.name());
    require(!leaf.hasUnsupportedCriticalExtension(), "a critical extension that is not supported");
    // Decodes the extensions that are decoded only when they are asked for.
    leaf.getExtendedKeyUsage();
    leaf.getSubjectAlternativeNames();
    leaf.getBasicConstraints();
    if (one.path().isEmpty()) {
      leaf.verify(leaf.getPublicKey());
      return;
    }
    List<X509Certificate> chain = new ArrayList<>(List.of(leaf));
    for (String name : one.path()) chain.add(certificate(name));
    X509Certificate root = chain.remove(chain.size() - 1);
    PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
    parameters.setRevocationEnabled(false);
    CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(chain), parameters);
  }

  static void readList(Artefact one) throws Exception {
    X509CRL list = (X509CRL) factory.generateCRL(new ByteArrayInputStream(one.bytes()));
    X509Certificate issuer = certificate(one.signer());
    list.verify(issuer.getPublicKey());
    require(list.getIssuerX500Principal().equals(issuer.getSubjectX500Principal()), "another issuer");
    require(list.getNextUpdate().after(list.getThisUpdate()), "no next update");
    if (list.getRevokedCertificates() != null)
      list.getRevokedCertificates().forEach(entry -> entry.getRevocationReason());
  }

  static void verifyJws(String text, X509Certificate signer) throws Exception {
    String[] parts = text.trim().split("\\.");
    require(parts.length == 3, "not a compact JWS");
    boolean isRsa = signer.getPublicKey().getAlgorithm().equals("RSA");
    Signature signature = Signature.getInstance(isRsa ? "SHA256withRSA" : "Ed25519");
    signature.initVerify(signer.getPublicKey());
    signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    require(signature.verify(Base64.getUrlDecoder().decode(parts[2])), "the signature does not verify");
  }

  static void readPkcs12(Artefact one) throws Exception {
    char[] password = one.profile().toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(new ByteArrayInputStream(one.bytes()), password);
    Key key = store.getKey("device", password);
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign((PrivateKey) key);
    signature.update(one.bytes());
    byte[] signed = signature.sign();
    signature.initVerify(certificate(one.signer()));
    signature.update(one.bytes());
    require(signature.verify(signed), "key and certificate do not fit");
  }

  static void require(boolean condition, String what) throws Exception {
    if (!condition) throw new Exception(what);
  }
}
