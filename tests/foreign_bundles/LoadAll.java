import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Collections;

/** Loads every file of the index in the directory given, and prints for each whether a key with its certificate is there. */
public class LoadAll {
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        for (String line : Files.readAllLines(directory.resolve("index.tsv")).stream().skip(1).toList()) {
            String[] cells = line.split("\t");
            String password = cells[1].equals("(empty)") ? "" : cells[1];
            System.out.println(cells[0] + "\t" + (isUsable(directory.resolve(cells[0]), password) ? "yes" : "no"));
        }
    }

    private static boolean isUsable(Path file, String password) {
        try (InputStream in = new FileInputStream(file.toFile())) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password.toCharArray());
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)
                        && store.getKey(alias, password.toCharArray()) != null
                        && store.getCertificateChain(alias) != null) {
                    return true;
                }
            }
            return false;
        } catch (Exception refusal) {
            return false;
        }
    }
}
