import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CRL;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateRevokedException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Validates paths by PKIX with revocation checking: ROOT CRLS CHAIN... prints one line a chain, file, tab, verdict. */
class CheckRevocation {
    public static void main(String[] files) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        Collection<? extends Certificate> root = read(files[0], factory::generateCertificates);
        Collection<? extends CRL> crls = read(files[1], factory::generateCRLs);
        TrustAnchor anchor = new TrustAnchor((java.security.cert.X509Certificate) root.iterator().next(), null);
        PKIXParameters parameters = new PKIXParameters(Set.of(anchor));
        parameters.setRevocationEnabled(true);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(crls)));
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        for (String file : Arrays.copyOfRange(files, 2, files.length)) {
            List<Certificate> chain = new ArrayList<>(read(file, factory::generateCertificates));
            String verdict = "GOOD";
            try {
                validator.validate(factory.generateCertPath(chain), parameters);
            } catch (CertPathValidatorException refusal) {
                verdict = refusal.getReason().toString();
                if (refusal.getCause() instanceof CertificateRevokedException revoked) {
                    verdict += " " + revoked.getRevocationReason();
                }
            }
            System.out.println(file + "\t" + verdict);
        }
    }

    interface Reader<T> {
        T read(InputStream in) throws Exception;
    }

    static <T> T read(String file, Reader<T> reader) throws Exception {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return reader.read(in);
        }
    }
}
