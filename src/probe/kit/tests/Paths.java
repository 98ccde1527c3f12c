import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Asks the trust manager of a Java server whether it lets clients in.
 *
 * <pre>java Paths.java DIRECTORY</pre>
 *
 * One question a line on stdin: who is asked, what is trusted, the CRLs or `-`, how many CAs there may be between or `-`, when (in
 * seconds), the files of the chain; one answer a line on stdout: `taken`, or the reason of the refusal. Files are named without
 * `.pem`, several with commas between. Who is asked: the trust manager for a `client` or a `server`; the validator of the `path`,
 * which does not ask for a purpose; one that is `lenient` with critical extensions besides; or the `builder`, the only one that
 * heeds how many CAs there may be between.
 */
final class Paths {
    private static final CertificateFactory FACTORY;
    private static Path directory;

    static {
        try {
            FACTORY = CertificateFactory.getInstance("X.509");
        } catch (CertificateException cause) {
            throw new AssertionError(cause);
        }
    }

    public static void main(String[] words) throws Exception {
        directory = Path.of(words[0]);
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = questions.readLine()) != null; ) {
            System.out.println(answer(line.split(" ")));
        }
    }

    private static String answer(String[] asked) throws Exception {
        Set<TrustAnchor> anchors = new HashSet<>();
        for (X509Certificate trusted : certificates(asked[1])) {
            anchors.add(new TrustAnchor(trusted, null));
        }
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
        parameters.setDate(new Date(Long.parseLong(asked[4]) * 1000));
        parameters.setMaxPathLength(asked[3].equals("-") ? -1 : Integer.parseInt(asked[3]));
        parameters.setRevocationEnabled(!asked[2].equals("-"));
        if (parameters.isRevocationEnabled()) {
            List<Object> lists = new ArrayList<>();
            for (String name : asked[2].split(",")) {
                try (InputStream file = open(name)) {
                    lists.addAll(FACTORY.generateCRLs(file));
                }
            }
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
        }
        List<X509Certificate> chain = certificates(asked[5]);
        try {
            switch (asked[0]) {
                case "client" -> manager(parameters).checkClientTrusted(chain.toArray(new X509Certificate[0]), "UNKNOWN");
                case "server" -> manager(parameters).checkServerTrusted(chain.toArray(new X509Certificate[0]), "UNKNOWN");
                case "lenient" -> {
                    parameters.addCertPathChecker(new Lenient());
                    validate(chain, parameters);
                }
                case "builder" -> build(chain, parameters);
                default -> validate(chain, parameters);
            }
            return "taken";
        } catch (GeneralSecurityException refusal) {
            for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
                if (cause instanceof CertPathValidatorException path) {
                    return path.getReason() + " " + path.getIndex() + " " + path.getMessage();
                }
            }
            return refusal.getMessage();
        }
    }

    private static X509TrustManager manager(PKIXBuilderParameters parameters) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(new CertPathTrustManagerParameters(parameters));
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    private static void validate(List<X509Certificate> chain, PKIXBuilderParameters parameters)
            throws GeneralSecurityException {
        CertPathValidator.getInstance("PKIX").validate(FACTORY.generateCertPath(chain), parameters);
    }

    private static void build(List<X509Certificate> chain, PKIXBuilderParameters parameters)
            throws GeneralSecurityException {
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(chain.get(0));
        parameters.setTargetCertConstraints(target);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
        CertPathBuilder.getInstance("PKIX").build(parameters);
    }

    /** Knows every critical extension. */
    private static final class Lenient extends PKIXCertPathChecker {
        @Override
        public void init(boolean forward) {}

        @Override
        public boolean isForwardCheckingSupported() {
            return true;
        }

        @Override
        public Set<String> getSupportedExtensions() {
            return null;
        }

        @Override
        public void check(Certificate certificate, Collection<String> unresolved) {
            unresolved.clear();
        }
    }

    private static List<X509Certificate> certificates(String names) throws Exception {
        List<X509Certificate> found = new ArrayList<>();
        for (String name : names.split(",")) {
            try (InputStream file = open(name)) {
                for (Certificate certificate : FACTORY.generateCertificates(file)) {
                    found.add((X509Certificate) certificate);
                }
            }
        }
        return found;
    }

    private static InputStream open(String name) throws Exception {
        return new FileInputStream(directory.resolve(name + ".pem").toFile());
    }
}
