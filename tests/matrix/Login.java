import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Loads a bundle, takes its key out and logs in with it; prints what the server answers. Exit code 3: the bundle was refused.
 *
 * <pre>BUNDLE_PASSWORD=... java Login.java ROOT URL BUNDLE</pre>
 */
final class Login {
    public static void main(String[] words) throws Exception {
        char[] password = System.getenv("BUNDLE_PASSWORD").toCharArray();
        KeyStore bundle = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(words[2])) {
            bundle.load(file, password);
            String alias = bundle.aliases().nextElement();
            if (bundle.getKey(alias, password) == null || bundle.getCertificateChain(alias).length != 3) {
                throw new AssertionError("no key with a chain of three under " + alias);
            }
        } catch (java.io.IOException refusal) {
            System.err.println(refusal + ": " + refusal.getCause());
            System.exit(3);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(bundle, password);
        KeyStore roots = KeyStore.getInstance("PKCS12");
        roots.load(null, null);
        try (InputStream file = new FileInputStream(words[0])) {
            roots.setCertificateEntry("root", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(roots);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        HttpsURLConnection connection = (HttpsURLConnection) new URL(words[1]).openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        try (InputStream answer = connection.getInputStream()) {
            answer.transferTo(System.out);
        }
    }
}
