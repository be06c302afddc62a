import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Collections;

/** What MOSIP's mock does with its file (MF §7.1): alias and one password, then it signs. Args: file, password. */
public class ReadPkcs12 {
  public static void main(String[] args) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (FileInputStream file = new FileInputStream(args[0])) {
      store.load(file, args[1].toCharArray());
    } catch (java.io.IOException refused) {
      System.out.println("refused");
      return;
    }
    for (String alias : Collections.list(store.aliases())) {
      PrivateKey key = (PrivateKey) store.getKey(alias, args[1].toCharArray());
      byte[] text = "a.b".getBytes();
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(store.getCertificate(alias));
      signature.update(text);
      System.out.println(alias + " fits=" + signature.verify(signed) + " chain=" + store.getCertificateChain(alias).length);
    }
  }
}
