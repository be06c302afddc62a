import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.http.Consts;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.RequestBuilder;
import org.apache.http.entity.ContentType;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.util.EntityUtils;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwx.Headers;

/**
 * Reads SBIs as docs/facts/mosip.md 4.5 says that MOSIP's registration client does, with the same libraries: Apache's
 * HttpClient asks, Jackson fills classes with the same members, jose4j verifies. Lines of standard input are
 * `name port`; lines of output are `name` and, by serial number, `ready` or `listed` with the modality. Trust in an
 * issuer is supposed unless a certificate is self-signed.
 */
public class ReadSbis {
  public static class Fault {
    public String errorCode, errorInfo;
  }

  public static class Element {
    public Fault error;
    public String deviceInfo;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static class Flat {
    public String[] specVersion;
    public String deviceStatus, deviceId, firmware, certification, serviceVersion;
    public int[] deviceSubId;
    public String callbackId, digitalId, deviceCode, purpose;
  }

  public static class Inner {
    public String env, purpose, deviceStatus, digitalId, certification, serviceVersion, callbackId, firmware, serialNo;
    public String[] deviceSubId, specVersion;
  }

  public static class Wrapped {
    public Inner deviceInfo;
    public Fault error;
  }

  public static class Claims {
    public String serialNo, make, model, type, deviceSubType, deviceProviderId, deviceProvider, dateTime;
  }

  public static class Discovered {
    public String deviceId, deviceStatus, certification, serviceVersion, callbackId, digitalId, deviceCode, purpose;
    public String[] deviceSubId, specVersion;
    public Fault error;
  }

  public static class DiscoveredBySbi {
    public String serialNo, deviceStatus, certification, serviceVersion, callbackId, digitalId, purpose;
    public String[] deviceSubId, specVersion;
    public Fault error;
  }

  static class Device {
    String serialNo, type, subType, edition, certification, deviceId, deviceCode;
  }

  static final ObjectMapper JSON = new ObjectMapper();
  static final List<String> EDITIONS = List.of("0.9.2", "0.9.5", "1.0");

  public static void main(String[] args) throws IOException {
    Logger.getLogger("org.apache.http").setLevel(Level.OFF);
    ExecutorService threads = Executors.newFixedThreadPool(16);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] words = line.split(" ");
      threads.execute(() -> print(words[0], look(Integer.parseInt(words[1]))));
    }
    threads.shutdown();
  }

  static synchronized void print(String name, Map<String, String> found) {
    try {
      System.out.println(name + "\t" + JSON.writeValueAsString(found));
      System.out.flush();
    } catch (IOException fault) {
      throw new IllegalStateException(fault);
    }
  }

  static Map<String, String> look(int port) {
    Map<String, String> found = new TreeMap<>();
    try {
      ask(port, "MOSIPDINFO", "info", null, 10_000);
      String answer = ask(port, "MOSIPDINFO", "info", null, 5_000);
      for (boolean isWrapped : new boolean[] {true, false}) {
        for (Device device : list(answer, isWrapped)) {
          String type = find(device.type, "finger=finger fir=finger iris=iris iir=iris face=face");
          String part = find(device.subType, "slab=slab slap=slab single=single double=double face=face");
          if (type == null || part == null) continue;
          found.put(device.serialNo, (isAvailable(device, port) ? "ready " : "listed ") + type + "_" + part);
        }
      }
    } catch (Exception fault) {
      // Nothing more of this port.
    }
    return found;
  }

  static String ask(int port, String verb, String path, String body, int timeout) throws IOException {
    RequestConfig limits = RequestConfig.custom()
        .setConnectTimeout(timeout).setSocketTimeout(timeout).setConnectionRequestTimeout(timeout).build();
    RequestBuilder request = RequestBuilder.create(verb)
        .setUri("http://127.0.0.1:" + port + "/" + path).setConfig(limits);
    if (body != null) request.setEntity(new StringEntity(body, ContentType.create("Content-Type", Consts.UTF_8)));
    try (CloseableHttpClient client = HttpClients.createDefault()) {
      return EntityUtils.toString(client.execute(request.build()).getEntity());
    }
  }

  static List<Device> list(String answer, boolean isWrapped) {
    List<Device> devices = new ArrayList<>();
    try {
      for (Element element : JSON.readValue(answer, new TypeReference<List<Element>>() {})) {
        if (element.deviceInfo == null || element.deviceInfo.isEmpty()) continue;
        Device device = isWrapped ? readWrapped(element.deviceInfo) : readFlat(element.deviceInfo);
        if (device != null) devices.add(device);
      }
    } catch (Exception fault) {
      // What is in the list so far stays; the rest is not read.
    }
    return devices;
  }

  static Device readFlat(String deviceInfo) throws Exception {
    Flat info;
    try {
      info = JSON.readValue(open(deviceInfo), Flat.class);
    } catch (Exception fault) {
      return null;
    }
    Device device = identify(info.digitalId, info.specVersion);
    device.certification = info.certification;
    device.deviceId = info.deviceId;
    device.deviceCode = info.deviceCode;
    return device;
  }

  static Device readWrapped(String deviceInfo) throws Exception {
    Inner info = JSON.readValue(open(deviceInfo), Wrapped.class).deviceInfo;
    if (info == null) return null;
    Device device = identify(info.digitalId, info.specVersion);
    device.certification = info.certification;
    return device;
  }

  static Device identify(String digitalId, String[] editions) throws Exception {
    Claims claims = JSON.readValue(open(digitalId), Claims.class);
    Device device = new Device();
    device.serialNo = claims.serialNo;
    device.type = claims.type;
    device.subType = claims.deviceSubType;
    device.edition = highest(editions);
    return device;
  }

  /** The payload of a JWS whose signature, certificate and dates are right. */
  static String open(String jws) throws Exception {
    if (jws == null || jws.isBlank()) throw new IOException("nothing to verify");
    String[] parts = jws.split("\\.", -1);
    Headers headers = new Headers();
    headers.setFullHeaderAsJsonString(new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8));
    Object x5c = headers.getObjectHeaderValue("x5c");
    String first = x5c instanceof List<?> list ? (list.isEmpty() ? null : (String) list.get(0)) : (String) x5c;
    if (first == null) throw new IOException("no certificate");
    X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(first)));
    certificate.checkValidity();
    JsonWebSignature signature = new JsonWebSignature();
    signature.setCompactSerialization(jws);
    signature.setKey(certificate.getPublicKey());
    if (!signature.verifySignature()) throw new IOException("the signature does not fit");
    if (certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal()))
      throw new IOException("self-signed");
    return new String(Base64.getUrlDecoder().decode(parts[1]));
  }

  static String highest(String[] editions) throws IOException {
    if (editions == null || editions.length == 0) return null;
    String best = editions[0];
    for (String next : editions) if (Arrays.compare(numbers(next), numbers(best)) > 0) best = next;
    if (!EDITIONS.contains(best)) throw new IOException("no class for " + best);
    return best;
  }

  static int[] numbers(String edition) {
    return Arrays.stream(edition.split("\\.")).mapToInt(Integer::parseInt).toArray();
  }

  static String find(String text, String words) {
    for (String pair : words.split(" "))
      if (text.toLowerCase().contains(pair.split("=")[0])) return pair.split("=")[1];
    return null;
  }

  static boolean isAvailable(Device device, int port) {
    try {
      if (device.edition == null) return false;
      String body = "{\"type\":\"" + device.type + "\"}";
      if (!device.edition.equals("1.0"))
        return JSON.readValue(ask(port, "MOSIPDISC", "device", body, 10_000), new TypeReference<List<Discovered>>() {})
            .stream().anyMatch(other -> isSame(device, other));
      return JSON.readValue(ask(port, "SBIDISC", "device", body, 10_000), new TypeReference<List<DiscoveredBySbi>>() {})
          .stream().anyMatch(other -> isSame(device, other));
    } catch (Exception fault) {
      return false;
    }
  }

  static boolean isSame(Device device, Discovered other) {
    return Arrays.asList(other.specVersion).contains(device.edition)
        && "Ready".equalsIgnoreCase(other.deviceStatus)
        && other.certification.equals(device.certification)
        && other.deviceCode.equals(device.deviceCode)
        && other.deviceId.equals(device.deviceId);
  }

  static boolean isSame(Device device, DiscoveredBySbi other) {
    return other.specVersion != null && other.deviceStatus != null && other.certification != null
        && (Arrays.asList(other.specVersion).contains("1.0")
            || "Ready".equalsIgnoreCase(other.deviceStatus)
            || other.certification.equals(device.certification));
  }
}
