import java.util.Hashtable;
import javax.naming.NameNotFoundException;
import javax.naming.directory.InitialDirContext;

/** Looks up SRV records as servers in Java do, by JNDI: the address of DNS, and the names. */
public class ServiceLookUp {
  public static void main(String[] arguments) throws Exception {
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
    settings.put("java.naming.provider.url", "dns://" + arguments[0]);
    InitialDirContext context = new InitialDirContext(settings);
    for (int i = 1; i < arguments.length; i++) {
      try {
        System.out.println(context.getAttributes(arguments[i], new String[] {"SRV"}).get("SRV"));
      } catch (NameNotFoundException none) {
        System.out.println("no such name");
      }
    }
  }
}
