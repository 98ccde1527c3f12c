import java.net.URI;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLException;

/**
 * Asks for a page as any Java program would and prints the HTTP status, or why the server is not trusted.
 *
 * <pre>java Visit.java URL</pre>
 */
final class Visit {
    public static void main(String[] words) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) URI.create(words[0]).toURL().openConnection();
        try {
            System.out.println(connection.getResponseCode());
        } catch (SSLException refused) {
            System.out.println(refused.getMessage());
        }
    }
}
