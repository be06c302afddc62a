import java.io.FileInputStream;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * MOSIP's way to judge a certificate: Java's PKIX with the country's root as anchor, revocation switched off
 * (keymanager, PartnerCertificateManagerServiceImpl). One line an argument `root.pem:leaf.pem:issuer.pem…`.
 */
class VerifyPath {
  public static void main(String[] paths) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (String path : paths) System.out.println(judge(factory, path.split(":")));
  }

  static String judge(CertificateFactory factory, String[] files) throws Exception {
    List<X509Certificate> certificates = new ArrayList<>();
    for (String file : files) {
      try (FileInputStream in = new FileInputStream(file)) {
        certificates.add((X509Certificate) factory.generateCertificate(in));
      }
    }
    PKIXParameters parameters =
        new PKIXParameters(Set.of(new TrustAnchor(certificates.get(0), null)));
    parameters.setRevocationEnabled(false);
    CertPath chain = factory.generateCertPath(certificates.subList(1, certificates.size()));
    try {
      CertPathValidator.getInstance("PKIX").validate(chain, parameters);
      return "accepted";
    } catch (Exception refusal) {
      return "refused: " + refusal.getMessage();
    }
  }
}
