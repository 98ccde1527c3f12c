// An application for Java 17 and later that lets in who has a valid certificate of this CA, and nobody else.
//
// Start it: @start@
// Keep its CRLs current: see @directory@/pki-java.timer
//
// `pki server-config java` wrote this file and writes it anew when it is run again: copy it before you change it.

import com.sun.net.httpserver.*;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import java.util.concurrent.Executors;
import javax.naming.NamingException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.*;

public class Server {
    static final InetSocketAddress LISTEN = new InetSocketAddress("@ip@", @port@);
    static final Path CHAIN = Path.of("@fullchain@");
    static final Path KEY = Path.of("@key@");
    static final Path ROOTS = Path.of("@root@");
    static final Path ISSUING = Path.of("@issuing@");
    static final Path CRLS = Path.of("@crl@");
    static final Path PID = Path.of("@directory@/pid");
    static final Path READ = Path.of("@directory@/.read");

    static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    /** What handshakes are judged by: the files as they were when they were last read. */
    static volatile Judge judge;

    public static void main(String[] arguments) throws Exception {
        // Java 17 takes RSA of 1024 bits and, from clients, SHA-1.
        var refused = "jdk.certpath.disabledAlgorithms";
        Security.setProperty(refused, Security.getProperty(refused) + ", SHA1, RSA keySize < 2048");
        // A handshake within a connection would be judged by what the files were when the connection began.
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
        // Seconds within which a request must have come.
        System.setProperty("sun.net.httpserver.maxReqTime", "30");

        judge = Judge.read();
        var server = HttpsServer.create(LISTEN, 1024);
        server.setHttpsConfigurator(new HttpsConfigurator(current()) {
            @Override
            public void configure(HttpsParameters parameters) {
                var wanted = judge.context.getDefaultSSLParameters();
                wanted.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
                wanted.setNeedClientAuth(true);
                parameters.setSSLParameters(wanted);
            }
        });
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", exchange -> admit((HttpsExchange) exchange));

        sun.misc.Signal.handle(new sun.misc.Signal("HUP"), signal -> {
            try {
                judge = Judge.read();
                // So that the refresh script knows.
                Files.writeString(READ, "");
                System.err.println("read its files again");
            } catch (Exception error) {
                System.err.println("goes on with the older files: " + error);
            }
        });
        Files.writeString(PID, ProcessHandle.current().pid() + "\n");
        server.start();
        System.err.println("listening on @address@");
    }

    static void admit(HttpsExchange exchange) throws IOException {
        var judge = Server.judge;
        var session = exchange.getSSLSession();
        if (session.getSessionContext() != judge.context.getServerSessionContext()) {
            // The connection began before the files were read again. RFC 9110 section 15.5.20: ask again over another.
            exchange.getResponseHeaders().set("Connection", "close");
            answer(exchange, 421, "judged by older CRLs\n");
            return;
        }
        var certificate = (X509Certificate) session.getPeerCertificates()[0];
        var name = judge.issued(certificate) ? nameIn(certificate) : null;
        if (name == null) answer(exchange, 403, "not a client certificate of ours\n");
        else application(exchange, name);
    }

    /** Yours begins here. Who asks is {@code name}, and no header says anything about it. */
    static void application(HttpsExchange exchange, String name) throws IOException {
        answer(exchange, 200, "hello " + name + "\n");
    }

    static void answer(HttpExchange exchange, int status, String text) throws IOException {
        var body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        var isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead ? -1 : body.length);
        if (!isHead) exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** The commonName of a subject that has exactly one. */
    static String nameIn(X509Certificate certificate) throws IOException {
        try {
            var names = new ArrayList<String>();
            for (var rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                var name = rdn.toAttributes().get("CN");
                if (name != null) names.add(name.get().toString());
            }
            return names.size() == 1 ? names.get(0) : null;
        } catch (NamingException error) {
            throw new IOException(error);
        }
    }

    /** A context of its own with every reading: it knows no older sessions, and none outlives the CRLs that it was judged by. */
    record Judge(SSLContext context, List<X509Certificate> issuing) {
        static Judge read() throws Exception {
            var issuing = certificates(ISSUING);
            var known = new ArrayList<Object>(issuing);
            try (var crls = Files.newInputStream(CRLS)) {
                if (!known.addAll(CertificateFactory.getInstance("X.509").generateCRLs(crls))) {
                    throw new CRLException("there is none in " + CRLS);
                }
            }
            var anchors = new HashSet<TrustAnchor>();
            for (var root : certificates(ROOTS)) anchors.add(new TrustAnchor(root, null));
            // By these CRLs alone: no OCSP, nothing from the network, and nobody passes where one is missing.
            var revocation = (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
            revocation.setOptions(EnumSet.of(Option.PREFER_CRLS, Option.NO_FALLBACK));
            var path = new PKIXBuilderParameters(anchors, new X509CertSelector());
            path.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(known)));
            path.addCertPathChecker(revocation);
            var trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(new CertPathTrustManagerParameters(path));
            var keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(own(), new char[0]);
            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return new Judge(context, issuing);
        }

        /** One that a CA beneath ours signed was not issued here, whatever chain leads to it: Java has no limit on that. */
        boolean issued(X509Certificate certificate) {
            for (var authority : issuing) {
                try {
                    certificate.verify(authority.getPublicKey());
                    // A certificate without any extKeyUsage is good for everything (RFC 5280 section 4.2.1.12); ours have one.
                    var usages = certificate.getExtendedKeyUsage();
                    return usages != null && usages.contains(CLIENT_AUTH);
                } catch (GeneralSecurityException notByThis) {
                    continue;
                }
            }
            return false;
        }
    }

    static List<X509Certificate> certificates(Path file) throws Exception {
        var all = new ArrayList<X509Certificate>();
        try (var in = Files.newInputStream(file)) {
            for (var one : CertificateFactory.getInstance("X.509").generateCertificates(in)) all.add((X509Certificate) one);
        }
        return all;
    }

    /** The server's own chain and key. */
    static KeyStore own() throws Exception {
        var chain = certificates(CHAIN).toArray(X509Certificate[]::new);
        var base64 = Files.readString(KEY).replaceAll("-----[^-]+-----", "");
        var pkcs8 = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
        var key = KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm()).generatePrivate(pkcs8);
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", key, new char[0], chain);
        return store;
    }

    /** HttpsServer takes one context, once: this one is the judge's of the moment for each connection. */
    static SSLContext current() {
        var spi = new SSLContextSpi() {
            protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random) {}

            protected SSLEngine engineCreateSSLEngine() {
                return judge.context.createSSLEngine();
            }

            protected SSLEngine engineCreateSSLEngine(String host, int port) {
                return judge.context.createSSLEngine(host, port);
            }

            protected SSLSocketFactory engineGetSocketFactory() {
                return judge.context.getSocketFactory();
            }

            protected SSLServerSocketFactory engineGetServerSocketFactory() {
                return judge.context.getServerSocketFactory();
            }

            protected SSLSessionContext engineGetServerSessionContext() {
                return judge.context.getServerSessionContext();
            }

            protected SSLSessionContext engineGetClientSessionContext() {
                return judge.context.getClientSessionContext();
            }
        };
        return new SSLContext(spi, judge.context.getProvider(), "TLS") {};
    }
}
