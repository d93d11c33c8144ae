using System.Text.Json;

namespace VirtHandover.Tests.Integration.Views;

/// <summary>What QEMU itself says of a running VM, past libvirt's own memory: a second opinion, of another witness.</summary>
/// <param name="Answers">The reply to each command, by its name and arguments.</param>
internal sealed record MonitorView(IReadOnlyDictionary<string, JsonElement> Answers)
{
    private const string Mark = "-- ask --";

    private static readonly string[] Questions =
    [
        "query-block", "query-named-block-nodes", "query-iothreads", "query-balloon", "query-vnc", "query-vnc-servers", "query-chardev", "query-rx-filter", "query-status",
        "query-cpus-fast", "query-memory-size-summary", "query-memdev", "query-name", "query-uuid", "query-jobs", "query-block-exports",
        "query-memory-devices", "query-tpm", "query-kvm", "query-migrate-capabilities",
    ];

    // By which a list's items are paired; versions list them in different orders.
    private static readonly string[] Names = ["id", "node-name", "qdev", "label", "capability", "name", "cpu-index"];

    /// <summary>Asks.</summary>
    /// <param name="virsh">Runs virsh quietly with one argument and returns what it printed; commands are parted by semicolons.</param>
    /// <param name="domain">The VM.</param>
    internal static async Task<MonitorView> Take(Func<string, Task<string>> virsh, string domain)
    {
        var first = await Ask(virsh, domain, [.. Questions.Select(name => (name, "")), ("qom-list", Path("/machine/peripheral")), ("query-migrate-parameters", "")]);
        var set = new List<(string, string)>();
        foreach (var device in first[$"qom-list {Path("/machine/peripheral")}"].EnumerateArray())
        {
            if (device.GetProperty("type").GetString()!.StartsWith("child<virtio-balloon", StringComparison.Ordinal))
                set.Add(("qom-get", $$"""{"path":"/machine/peripheral/{{device.GetProperty("name").GetString()}}","property":"guest-stats-polling-interval"}"""));
        }

        foreach (var id in first["query-iothreads"].EnumerateArray().Select(thread => thread.GetProperty("id").GetString()))
            set.AddRange(((string[])["thread-pool-min", "thread-pool-max"]).Select(property => ("qom-get", $$"""{"path":"/objects/{{id}}","property":"{{property}}"}""")));
        foreach (var (question, answer) in set.Count == 0 ? [] : await Ask(virsh, domain, set))
            first[question] = answer;
        // A handover sets other parameters for its time; these are the ones that libvirt sets at any time.
        var parameters = first["query-migrate-parameters"];
        foreach (var name in (string[])["max-bandwidth", "downtime-limit", "xbzrle-cache-size", "max-postcopy-bandwidth"])
            first["query-migrate-parameters " + name] = parameters.GetProperty(name);
        first.Remove("query-migrate-parameters");
        return new MonitorView(first);
    }

    /// <summary>What another view does not say alike, one line each. A member that only one version of QEMU has is no difference.</summary>
    internal IReadOnlyList<string> DifferencesTo(MonitorView later)
    {
        var found = new List<string>();
        foreach (var (question, answer) in Answers)
        {
            if (later.Answers.TryGetValue(question, out var other))
                Compare(question, answer, other, found);
        }

        return found;
    }

    private static void Compare(string place, JsonElement before, JsonElement after, List<string> found)
    {
        switch (before.ValueKind, after.ValueKind)
        {
            case (JsonValueKind.Object, JsonValueKind.Object):
                foreach (var member in before.EnumerateObject().Where(member => !KnownDifferences.Members.ContainsKey(member.Name)))
                {
                    if (after.TryGetProperty(member.Name, out var other))
                        Compare($"{place}.{member.Name}", member.Value, other, found);
                }

                break;
            case (JsonValueKind.Array, JsonValueKind.Array):
                var (one, two) = (Sorted(before), Sorted(after));
                // Capabilities, above all: what only the newer one can do is off or new to libvirt.
                var shared = one.Keys.Intersect(two.Keys).ToList();
                if (!place.StartsWith("query-migrate-capabilities", StringComparison.Ordinal) && (shared.Count != one.Count || shared.Count != two.Count))
                    found.Add($"{place}: before: {string.Join(", ", one.Keys)}; after: {string.Join(", ", two.Keys)}");
                foreach (var name in shared)
                    Compare($"{place}[{name}]", one[name], two[name], found);
                break;
            default:
                if (before.GetRawText() != after.GetRawText())
                    found.Add($"{place}: before: {before.GetRawText()}; after: {after.GetRawText()}");
                break;
        }
    }

    private static Dictionary<string, JsonElement> Sorted(JsonElement list)
    {
        var items = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var item in list.EnumerateArray())
        {
            var name = item.ValueKind != JsonValueKind.Object ? item.GetRawText()
                : Names.Select(key => item.TryGetProperty(key, out var value) ? value.ToString() : "").FirstOrDefault(text => text.Length > 0) ?? "";
            items[items.ContainsKey(name) ? $"{name} {items.Count}" : name] = item;
        }

        return items;
    }

    private static async Task<Dictionary<string, JsonElement>> Ask(Func<string, Task<string>> virsh, string domain, IReadOnlyList<(string Name, string Arguments)> questions)
    {
        var script = string.Join("; ", questions.Select(question =>
            $$"""echo '{{Mark}}'; qemu-monitor-command {{domain}} '{"execute":"{{question.Name}}"{{(question.Arguments.Length > 0 ? ",\"arguments\":" + question.Arguments : "")}}}'"""));
        var replies = (await virsh(script)).Split(Mark)[1..];
        var answers = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var ((name, arguments), reply) in questions.Zip(replies))
        {
            using var json = JsonDocument.Parse(reply);
            // What a QEMU cannot answer (an option that it was built without) it cannot answer later either.
            if (json.RootElement.TryGetProperty("return", out var answer))
                answers[$"{name} {arguments}".TrimEnd()] = answer.Clone();
        }

        return answers;
    }

    private static string Path(string path) => $$"""{"path":"{{path}}"}""";
}
