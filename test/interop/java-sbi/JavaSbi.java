import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An SBI in Java, as most are: it listens on every address, which is `::` unless the virtual machine prefers IPv4, and
 * answers some time after it has opened its port.
 *
 * Arguments: port, milliseconds until it answers, file with the body for /device, file with the body for /info.
 */
public final class JavaSbi {
  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 16);
    byte[] device = Files.readAllBytes(Path.of(arguments[2]));
    byte[] info = Files.readAllBytes(Path.of(arguments[3]));
    server.createContext("/device", exchange -> answer(exchange, "MOSIPDISC", device));
    server.createContext("/info", exchange -> answer(exchange, "MOSIPDINFO", info));
    Thread.sleep(Long.parseLong(arguments[1]));
    server.start();
  }

  private static void answer(HttpExchange exchange, String verb, byte[] body) throws IOException {
    try (exchange) {
      boolean isAsked = exchange.getRequestMethod().equals(verb);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(isAsked ? 200 : 405, isAsked ? body.length : -1);
      if (isAsked) exchange.getResponseBody().write(body);
    }
  }
}
