import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;

/** An SBI in Java that uses the client's token. Args: configuration of SunPKCS11, PIN file, label. */
public class SignWithToken {
  public static void main(String[] args) throws Exception {
    Provider provider = Security.getProvider("SunPKCS11").configure(args[0]);
    KeyStore store = KeyStore.getInstance("PKCS11", provider);
    store.load(null, Files.readString(Path.of(args[1])).trim().toCharArray());
    PrivateKey key = (PrivateKey) store.getKey(args[2], null);
    byte[] text = "a.b".getBytes();
    Signature signature = Signature.getInstance("SHA256withRSA", provider);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    Signature check = Signature.getInstance("SHA256withRSA");
    check.initVerify(store.getCertificate(args[2]));
    check.update(text);
    System.out.println("fits=" + check.verify(signed) + " encoded=" + (key.getEncoded() != null));
  }
}
