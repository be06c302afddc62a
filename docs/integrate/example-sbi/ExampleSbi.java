import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;

/**
 * A small SBI of edition 0.9.5 for one face camera of level L0: what an SBI has to say so that Sanad's client registers
 * the device and MOSIP's registration client lists it. It has no sensor and captures nothing. JDK 17 or newer:
 *
 *   java ExampleSbi.java <port> <hand-over folder> [milliseconds | status]
 *
 * The last word makes a mistake on purpose, for `sanad client explain` to find.
 */
public class ExampleSbi {
  static final String SERIAL_NO = "EXQ100A2600001";
  static final String VERSION = "1.0.0";

  final int port;
  final Path keys;
  final String mistake;

  ExampleSbi(int port, Path handOver, String mistake) {
    this.port = port;
    // The management client puts device-key.pem and device-certificate.pem here once the device is registered.
    this.keys = handOver.resolve(SERIAL_NO);
    this.mistake = mistake;
  }

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(args[0]);
    ExampleSbi sbi = new ExampleSbi(port, Path.of(args[1]), args.length > 2 ? args[2] : "");
    // 127.0.0.1 and not "localhost", and not new InetSocketAddress(port), which is all addresses of this computer.
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/device", exchange -> sbi.answer(exchange, "MOSIPDISC"));
    server.createContext("/info", exchange -> sbi.answer(exchange, "MOSIPDINFO"));
    server.start();
    System.out.println("SBI of " + SERIAL_NO + " on port " + port);
  }

  void answer(HttpExchange exchange, String verb) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals(verb)) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      // Read at each question: a rotated key is used from the next answer on, without a restart.
      Signer signer = Signer.read(keys);
      String body = verb.equals("MOSIPDISC") ? discovery(signer) : information(signer);
      // Octets, not characters: an answer with an accent would be cut otherwise.
      byte[] octets = body.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange.sendResponseHeaders(200, octets.length);
      exchange.getResponseBody().write(octets);
    } catch (Exception fault) {
      throw new IOException(fault);
    }
  }

  /** MDS 0.9.5, Device Discovery Response: nothing is signed here. */
  String discovery(Signer signer) {
    return "[{" + common(signer) + ",\"digitalId\":\"" + encode(digitalId()) + "\",\"error\":" + error(signer) + "}]";
  }

  /** MDS 0.9.5, Device Info Response: signed once the device is registered, unsigned before. */
  String information(Signer signer) throws Exception {
    String id = signer == null ? encode(digitalId()) : signer.sign(digitalId());
    String env = signer == null ? "None" : "Staging";
    String info = "{" + common(signer) + ",\"firmware\":\"" + VERSION + "\",\"env\":\"" + env
        + "\",\"digitalId\":\"" + id + "\"}";
    String deviceInfo = signer == null ? encode(info) : signer.sign(info);
    return "[{\"deviceInfo\":\"" + deviceInfo + "\",\"error\":" + error(signer) + "}]";
  }

  /** The members of both answers. The registration client compares deviceId, deviceCode and certification. */
  String common(Signer signer) {
    String status = signer == null ? "Not Registered" : "Ready";
    if (mistake.equals("status")) status = "Online";
    return "\"deviceId\":\"" + SERIAL_NO + "\",\"deviceCode\":\"" + SERIAL_NO + "\",\"deviceStatus\":\"" + status
        + "\",\"certification\":\"L0\",\"serviceVersion\":\"" + VERSION + "\",\"deviceSubId\":[\"0\"]"
        + ",\"callbackId\":\"http://127.0.0.1:" + port + "/\",\"specVersion\":[\"0.9.5\"]"
        + ",\"purpose\":\"" + (signer == null ? "" : "Registration") + "\"";
  }

  String error(Signer signer) {
    return signer == null
        ? "{\"errorCode\":\"100\",\"errorInfo\":\"Device not registered\"}"
        : "{\"errorCode\":\"0\",\"errorInfo\":\"Success\"}";
  }

  /** MDS 0.9.5, Digital ID: these eight members and no other; the time in UTC, in seconds. */
  String digitalId() {
    Instant now = Instant.now();
    Instant at = now.truncatedTo(mistake.equals("milliseconds") ? ChronoUnit.MILLIS : ChronoUnit.SECONDS);
    return "{\"serialNo\":\"" + SERIAL_NO + "\",\"make\":\"Example\",\"model\":\"Quick Face\",\"type\":\"Face\""
        + ",\"deviceSubType\":\"Full face\",\"deviceProvider\":\"Example Biometrics\""
        + ",\"deviceProviderId\":\"EXAMPLE.BIOMETRICS\",\"dateTime\":\"" + at + "\"}";
  }

  /** Java pads base64 unless it is told not to. */
  static String encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  static String encode(byte[] octets) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
  }

  /** The key that the management client made and had certified. */
  static class Signer {
    final PrivateKey key;
    final byte[] certificate;

    Signer(PrivateKey key, byte[] certificate) {
      this.key = key;
      this.certificate = certificate;
    }

    /** Null while there is none: the device is not registered. */
    static Signer read(Path folder) throws Exception {
      Path certificate = folder.resolve("device-certificate.pem");
      if (!Files.exists(certificate)) return null;
      String pem = Files.readString(folder.resolve("device-key.pem")).replaceAll("-----[^-]+-----|\\s", "");
      PrivateKey key = KeyFactory.getInstance("RSA")
          .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
      X509Certificate leaf = (X509Certificate) CertificateFactory.getInstance("X.509")
          .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(certificate)));
      return new Signer(key, leaf.getEncoded());
    }

    /** RFC 7515: alg, typ and x5c, which is a list of standard base64. */
    String sign(String payload) throws Exception {
      String x5c = Base64.getEncoder().encodeToString(certificate);
      String header = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"x5c\":[\"" + x5c + "\"]}";
      String input = encode(header) + "." + encode(payload);
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(input.getBytes(StandardCharsets.US_ASCII));
      return input + "." + encode(signature.sign());
    }
  }
}
