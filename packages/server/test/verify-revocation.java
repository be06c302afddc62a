import java.io.FileInputStream;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Java's PKIX with revocation switched on, for the end entity, by the one list that is given. One line an
 * argument `list.pem:root.pem:leaf.pem:issuer.pem`.
 */
class VerifyRevocation {
  public static void main(String[] paths) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (String path : paths) System.out.println(judge(factory, path.split(":")));
  }

  static String judge(CertificateFactory factory, String[] files) throws Exception {
    X509Certificate root = read(factory, files[1]);
    List<X509Certificate> certificates =
        List.of(read(factory, files[2]), read(factory, files[3]));
    CertPathValidator validator = CertPathValidator.getInstance("PKIX");
    PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
    checker.setOptions(
        EnumSet.of(
            PKIXRevocationChecker.Option.PREFER_CRLS,
            PKIXRevocationChecker.Option.NO_FALLBACK,
            PKIXRevocationChecker.Option.ONLY_END_ENTITY));
    PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
    parameters.addCertPathChecker(checker);
    try (FileInputStream in = new FileInputStream(files[0])) {
      parameters.addCertStore(
          CertStore.getInstance(
              "Collection", new CollectionCertStoreParameters(List.of(factory.generateCRL(in)))));
    }
    CertPath chain = factory.generateCertPath(certificates);
    try {
      validator.validate(chain, parameters);
      return "accepted";
    } catch (Exception refusal) {
      return "refused: " + refusal.getMessage();
    }
  }

  static X509Certificate read(CertificateFactory factory, String file) throws Exception {
    try (FileInputStream in = new FileInputStream(file)) {
      return (X509Certificate) factory.generateCertificate(in);
    }
  }
}
