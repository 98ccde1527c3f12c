import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Validates chains with Java's PKIX and its revocation checker; one line a chain: `good`, or what the checker objected to.
 *
 * <pre>java Pkix.java [--ocsp URL | --crl FILE]... [--end-entity-only] [--at SECONDS] ROOT ISSUING END-ENTITY...</pre>
 *
 * With --ocsp nothing but that responder is asked, with --crl nothing but those CRLs is looked into.
 */
final class Pkix {
    public static void main(String[] words) throws Exception {
        URI responder = null;
        Date at = null;
        List<Object> lists = new ArrayList<>();
        List<X509Certificate> certificates = new ArrayList<>();
        Set<Option> options = EnumSet.of(Option.NO_FALLBACK);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (int next = 0; next < words.length; next++) {
            switch (words[next]) {
                case "--ocsp" -> responder = URI.create(words[++next]);
                case "--at" -> at = new Date(Long.parseLong(words[++next]) * 1000);
                case "--end-entity-only" -> options.add(Option.ONLY_END_ENTITY);
                case "--crl" -> {
                    options.add(Option.PREFER_CRLS);
                    try (InputStream file = open(words[++next])) {
                        lists.addAll(factory.generateCRLs(file));
                    }
                }
                default -> {
                    try (InputStream file = open(words[next])) {
                        certificates.add((X509Certificate) factory.generateCertificate(file));
                    }
                }
            }
        }
        TrustAnchor root = new TrustAnchor(certificates.get(0), null);
        X509Certificate issuing = certificates.get(1);
        for (X509Certificate endEntity : certificates.subList(2, certificates.size())) {
            CertPathValidator validator = CertPathValidator.getInstance("PKIX");
            PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
            checker.setOptions(options);
            if (responder != null) {
                checker.setOcspResponder(responder);
            }
            PKIXParameters parameters = new PKIXParameters(Set.of(root));
            parameters.setDate(at);
            parameters.addCertPathChecker(checker);
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
            CertPath chain = factory.generateCertPath(List.of(endEntity, issuing));
            System.out.println(judge(validator, chain, parameters));
        }
    }

    private static String judge(CertPathValidator validator, CertPath chain, PKIXParameters parameters) throws Exception {
        try {
            validator.validate(chain, parameters);
            return "good";
        } catch (CertPathValidatorException objection) {
            Throwable cause = objection.getCause();
            return objection.getReason() + "\t" + (cause == null ? objection : cause).getMessage();
        }
    }

    private static InputStream open(String file) throws Exception {
        return new FileInputStream(Path.of(file).toFile());
    }
}
