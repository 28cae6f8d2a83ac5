import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.service.configurations.Configuration;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationContent;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationsClient;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubBadFormatException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubConflictException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubNotFoundException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubPreconditionFailedException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubUnauthorizedException;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodRequestOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import com.microsoft.azure.sdk.iot.service.query.QueryClient;
import com.microsoft.azure.sdk.iot.service.query.QueryPageOptions;
import com.microsoft.azure.sdk.iot.service.query.TwinQueryResponse;
import com.microsoft.azure.sdk.iot.service.registry.RegistryClient;
import com.microsoft.azure.sdk.iot.service.registry.RegistryStatistics;
import com.microsoft.azure.sdk.iot.service.twin.Twin;
import com.microsoft.azure.sdk.iot.service.twin.TwinClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** iot-service-client against the hub of HUB_CONNECTION_STRING; one line for each check. See ../README.md. */
public final class Conformance {
    private static final String CONNECTION_STRING = System.getenv("HUB_CONNECTION_STRING");
    private static final String ADMIN = System.getenv("HUB_ADMIN"); // the emulator's; a real hub has none
    private static final String PREFIX = System.getenv("HUB_PREFIX"); // of every configuration that this run makes
    private static final long PAUSE = (long) (1000 * Double.parseDouble(System.getenv("HUB_PAUSE")));

    private static final String NAME = PREFIX + "java";
    private static final String LIVE = PREFIX + "java-live";
    private static final String MISSING = PREFIX + "java-missing";
    private static final String ABSENT = PREFIX + "absent";
    private static final String DEVICE = "java-1";
    private static final String IDLE = "java-2";
    private static final String WRITES = "it would change a device";
    private static final String FLEET_UNKNOWN = "it needs a fleet that is known";
    private static final int PAGE = 100;
    private static final int MOST_ROWS = 2000;

    private final ConfigurationsClient configurations = new ConfigurationsClient(CONNECTION_STRING);
    private final QueryClient queries = new QueryClient(CONNECTION_STRING);
    private final TwinClient twins = new TwinClient(CONNECTION_STRING);
    private final DirectMethodsClient methods = new DirectMethodsClient(CONNECTION_STRING);
    private final RegistryClient registry = new RegistryClient(CONNECTION_STRING);
    private final JsonObject contents;
    private boolean failed;

    private Conformance(JsonObject contents) {
        this.contents = contents;
    }

    private interface Action<T> {
        T run() throws Exception;
    }

    private interface Check {
        void run() throws Exception;
    }

    private static final class Different extends Exception {
        Different(String message) {
            super(message);
        }
    }

    private static final class Skip extends Exception {
        Skip(String message) {
            super(message);
        }
    }

    /** Calls the hub, no faster than it allows. */
    private static <T> T call(Action<T> action) throws Exception {
        Thread.sleep(PAUSE);
        return action.run();
    }

    private static void same(String what, Object actual, Object expected) throws Different {
        if (!Objects.equals(actual, expected)) {
            throw new Different(what + " is " + actual + ", expected " + expected);
        }
    }

    private static void holds(String what, boolean condition) throws Different {
        if (!condition) {
            throw new Different("expected: " + what);
        }
    }

    /** The call must fail with exactly that class of the client's exceptions. */
    private static void refused(Class<? extends IotHubException> kind, Action<?> action) throws Exception {
        try {
            call(action);
        } catch (IotHubException exception) {
            String what = "the exception (" + exception.getMessage() + ")";
            same(what, exception.getClass().getSimpleName(), kind.getSimpleName());
            return;
        }
        throw new Different("expected " + kind.getSimpleName() + ", and it was accepted");
    }

    /** Runs a check and says a line. emulatorOnly: why it must not, or cannot, run on a real hub; else null. */
    private void check(String name, String emulatorOnly, Check check) {
        if (emulatorOnly != null && ADMIN == null) {
            System.out.println("skip java: " + name + ": " + emulatorOnly);
            return;
        }
        try {
            check.run();
            System.out.println("ok   java: " + name);
        } catch (Skip skip) {
            System.out.println("skip java: " + name + ": " + skip.getMessage());
        } catch (Different different) {
            failed = true;
            System.out.println("FAIL java: " + name + ": " + different.getMessage());
        } catch (Exception exception) {
            failed = true;
            System.out.println("FAIL java: " + name + ": " + exception.toString().replaceAll("\\s+", " "));
        }
    }

    private ConfigurationContent content(String name) {
        return new Gson().fromJson(contents.get(name), ConfigurationContent.class);
    }

    private Configuration configuration(String id) {
        Configuration configuration = new Configuration(id);
        configuration.setContent(content("layered"));
        configuration.setLabels(new HashMap<>(Map.of("app", "web")));
        configuration.setTargetCondition("deviceId='" + PREFIX + "nobody'"); // no device of a real hub is touched
        configuration.setPriority(10);
        return configuration;
    }

    private Configuration read(String id) throws Exception {
        return call(() -> configurations.get(id));
    }

    private String edgeDevice() throws Exception {
        if (ADMIN != null) {
            return DEVICE;
        }
        TwinQueryResponse found = call(() -> queries.queryTwins("SELECT * FROM devices WHERE capabilities.iotEdge = true",
            QueryPageOptions.builder().pageSize(1).build()));
        if (!found.hasNext()) {
            throw new Skip("the hub has no edge device");
        }
        return found.next().getDeviceId();
    }

    private static void evaluate() throws IOException, InterruptedException, Different {
        HttpRequest request = HttpRequest.newBuilder(URI.create(ADMIN + "/evaluate"))
            .POST(HttpRequest.BodyPublishers.noBody()).build();
        HttpResponse<Void> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
        same("status of /evaluate", answer.statusCode(), 200);
    }

    private void create() throws Exception {
        Configuration answer = call(() -> configurations.create(configuration(NAME)));
        same("id", answer.getId(), NAME);
        same("etag", answer.getEtag(), "MQ==");
        same("labels", answer.getLabels(), Map.of("app", "web"));
        same("priority", answer.getPriority(), 10);
        same("modules", answer.getContent().getModulesContent().keySet(), Set.of("$edgeAgent", "$edgeHub", "m1"));
        // The client sends 0001-12-30, which the hub does not mind.
        holds("a creation time of the hub's", !answer.getCreatedTimeUtc().startsWith("0001"));
        same("results of the system metrics", answer.getSystemMetrics().getResults(), Map.of());
        same("system queries", answer.getSystemMetrics().getQueries().keySet(),
            Set.of("targetedCount", "appliedCount", "reportedSuccessfulCount", "reportedFailedCount"));
    }

    private void replace() throws Exception {
        Configuration current = read(NAME);
        current.setPriority(11);
        current.setEtag("MTAw"); // the client sends If-Match: * whatever this says
        Configuration answer = call(() -> configurations.replace(current));
        same("priority", answer.getPriority(), 11);
        same("etag", answer.getEtag(), "Mg==");
        same("creation time", answer.getCreatedTimeUtc(), read(NAME).getCreatedTimeUtc());
    }

    private void replaceContent() throws Exception {
        Configuration changed = read(NAME);
        changed.setContent(content("base"));
        Configuration answer = call(() -> configurations.replace(changed));
        same("keys of $edgeAgent", answer.getContent().getModulesContent().get("$edgeAgent").keySet(),
            Set.of("properties.desired.modules.m1"));
    }

    private void list() throws Exception {
        List<Configuration> listed = call(() -> configurations.get(20));
        holds(NAME + " in the list", listed.stream().anyMatch(one -> one.getId().equals(NAME)));
    }

    private void page() throws Exception {
        RegistryStatistics statistics = call(registry::getStatistics);
        if (statistics.getTotalDeviceCount() > MOST_ROWS) {
            throw new Skip(statistics.getTotalDeviceCount() + " devices are too many to page through");
        }
        Set<String> names = new HashSet<>();
        Set<String> tokens = new HashSet<>();
        int rows = 0;
        QueryPageOptions options = QueryPageOptions.builder().pageSize(PAGE).build();
        TwinQueryResponse found = call(() -> queries.queryTwins("SELECT * FROM devices", options));
        while (found.hasNext()) {
            if (found.getContinuationToken() != null && tokens.add(found.getContinuationToken())) {
                Thread.sleep(PAUSE); // the next page is fetched by next()
            }
            names.add(found.next(options).getDeviceId());
            rows++;
            holds("an end of the rows", rows <= MOST_ROWS);
        }
        same("rows", (long) rows, statistics.getTotalDeviceCount());
        same("different devices", names.size(), rows);
        if (ADMIN != null) {
            same("continuation tokens", tokens.size(), 2);
        }
    }

    /** The client looks for enableDeviceCount, where the service says enabledDeviceCount: that count is 0 for ever. */
    private void statistics() throws Exception {
        RegistryStatistics answer = call(registry::getStatistics);
        same("disabled", answer.getDisabledDeviceCount(), 0L);
        same("total", answer.getTotalDeviceCount(), 250L);
    }

    private void agentTwin() throws Exception {
        String device = edgeDevice();
        Twin twin = call(() -> twins.get(device, "$edgeAgent"));
        same("device", twin.getDeviceId(), device);
        same("module", twin.getModuleId(), "$edgeAgent");
        holds("an etag", twin.getETag() != null && !twin.getETag().isEmpty());
        holds("$version of desired", twin.getDesiredProperties().getVersion() != null);
    }

    private void patchTwin() throws Exception {
        Configuration live = configuration(LIVE);
        live.setContent(content("base"));
        live.setTargetCondition("deviceId='" + DEVICE + "'");
        call(() -> configurations.create(live));
        evaluate();
        evaluate();
        Twin patch = new Twin(DEVICE, "m1");
        patch.getDesiredProperties().put("a", "x");
        String stale = call(() -> twins.get(DEVICE, "m1")).getETag();
        Twin answer = call(() -> twins.patch(patch));
        same("desired a", answer.getDesiredProperties().get("a"), "x");
        same("desired k", answer.getDesiredProperties().get("k"), "v");
        refused(IotHubPreconditionFailedException.class, () -> twins.patch(patch, "\"" + stale + "\""));
    }

    private void patchAgent() throws Exception {
        Twin patch = new Twin(DEVICE, "$edgeAgent");
        patch.getDesiredProperties().put("a", "x");
        refused(IotHubUnauthorizedException.class, () -> twins.patch(patch));
    }

    private Action<Void> apply(String device) {
        return () -> {
            configurations.applyConfigurationContentOnDevice(device, content("base"));
            return null;
        };
    }

    private void applyContent() throws Exception {
        call(apply(IDLE));
        Twin twin = call(() -> twins.get(IDLE, "m1"));
        same("desired k of m1", twin.getDesiredProperties().get("k"), "v");
    }

    private void ping() throws Exception {
        same("status", call(() -> methods.invoke(DEVICE, "$edgeAgent", "ping")).getStatus(), 200);
    }

    private void pingOffline() throws Exception {
        DirectMethodRequestOptions options =
            DirectMethodRequestOptions.builder().methodResponseTimeoutSeconds(5).methodConnectTimeoutSeconds(0).build();
        refused(IotHubNotFoundException.class, () -> methods.invoke("offline", "$edgeAgent", "ping", options));
    }

    private void wrongKey() throws Exception {
        String key = Base64.getEncoder().encodeToString(new byte[32]);
        ConfigurationsClient stranger =
            new ConfigurationsClient(CONNECTION_STRING.replaceFirst("SharedAccessKey=.*", "SharedAccessKey=" + key));
        refused(IotHubUnauthorizedException.class, () -> stranger.get(20));
    }

    private Action<Void> delete(String id) {
        return () -> {
            configurations.delete(id);
            return null;
        };
    }

    private void createWithoutContent() throws Exception {
        Configuration empty = configuration(MISSING);
        ConfigurationContent hubAlone = new ConfigurationContent();
        hubAlone.setModulesContent(new HashMap<>(Map.of("$edgeHub", new HashMap<>())));
        empty.setContent(hubAlone);
        refused(IotHubBadFormatException.class, () -> configurations.create(empty));
    }

    private void configurationChecks() {
        check("create: the first etag, no results yet", null, this::create);
        check("create again: IotHubConflictException (409)", null,
            () -> refused(IotHubConflictException.class, () -> configurations.create(configuration(NAME))));
        check("create with $edgeHub alone: IotHubBadFormatException (400)", null, this::createWithoutContent);
        check("get: the configuration; a missing one: IotHubNotFoundException (404)", null, () -> {
            same("id", read(NAME).getId(), NAME);
            refused(IotHubNotFoundException.class, () -> configurations.get(MISSING));
        });
        check("replace, always with If-Match *: the etag advances", null, this::replace);
        check("replace of a missing one: IotHubNotFoundException (404)", null,
            () -> refused(IotHubNotFoundException.class, () -> {
                Configuration missing = configuration(MISSING);
                missing.setEtag("MQ==");
                return configurations.replace(missing);
            }));
        check("replace with other content: the old content stays", null, this::replaceContent);
        check("list: ours is in it", null, this::list);
    }

    private void deviceChecks() {
        check("query: all devices in pages of 100, each device once", null, this::page);
        check("a query with a syntax error: IotHubBadFormatException (400)", null,
            () -> refused(IotHubBadFormatException.class, () -> queries.queryTwins("SELECT * FROM devices WHERE ((")));
        check("statistics of the registry: 250 devices, none disabled", FLEET_UNKNOWN, this::statistics);
        check("module twin of $edgeAgent, with $ as it is in the path", null, this::agentTwin);
        check("module twin of a missing module: IotHubNotFoundException (404)", null, () -> {
            String device = edgeDevice();
            refused(IotHubNotFoundException.class, () -> twins.get(device, ABSENT));
        });
        check("module twin patch; with a stale etag: IotHubPreconditionFailedException (412)", WRITES, this::patchTwin);
        check("module twin patch of $edgeAgent: IotHubUnauthorizedException (401)", WRITES, this::patchAgent);
        check("applyConfigurationContentOnDevice: the module is on the device", WRITES, this::applyContent);
        check("applyConfigurationContentOnDevice to a missing device: IotHubNotFoundException (404)", null,
            () -> refused(IotHubNotFoundException.class, apply(ABSENT)));
        check("direct method: ping of $edgeAgent", FLEET_UNKNOWN, this::ping);
        check("direct method on a device that is offline: IotHubNotFoundException (404)", FLEET_UNKNOWN, this::pingOffline);
        check("a wrong key: IotHubUnauthorizedException (401)", null, this::wrongKey);
    }

    private void deleteChecks() {
        check("delete: done; a missing one: IotHubNotFoundException (404)", null, () -> {
            call(delete(NAME));
            refused(IotHubNotFoundException.class, () -> configurations.get(NAME));
            refused(IotHubNotFoundException.class, delete(NAME));
        });
    }

    private void tidy() {
        for (String id : new String[] {NAME, LIVE, MISSING}) {
            try {
                call(delete(id));
            } catch (IotHubNotFoundException gone) {
                continue;
            } catch (Exception exception) {
                System.out.println("FAIL java: " + id + " may be left on the hub: " + exception);
            }
        }
    }

    public static void main(String[] arguments) throws IOException {
        Conformance conformance =
            new Conformance(new Gson().fromJson(Files.readString(Path.of(arguments[0])), JsonObject.class));
        conformance.configurationChecks();
        conformance.deviceChecks();
        conformance.deleteChecks();
        conformance.tidy();
        System.exit(conformance.failed ? 1 : 0);
    }
}
