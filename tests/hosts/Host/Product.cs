using System.Text.Json;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Host;

/// <summary>The installed product, used as an administrator does: by its command line and its packages.</summary>
internal static class Product
{
    public const string Unit = "virt-handoverd.service";
    public const string Worker = "virt-handover-worker.service";
    public const string State = "/var/lib/virt-handover";
    public static readonly string[] Packages = ["virt-handover", "virt-handover-hook", "virt-handover-tui"];

    public static Task<string> Install() => Shell.Run("sh", "-c", "apt-get -qq --yes install /srv/product/*.deb");

    /// <summary>Writes a file of configuration; a running service does not read it again.</summary>
    public static async Task Configure(string text)
    {
        Directory.CreateDirectory(Reach.File("/etc/virt-handover/conf.d"));
        await File.WriteAllTextAsync(Reach.File("/etc/virt-handover/conf.d/50-test.conf"), text);
    }

    /// <summary>A verb of the command line that must succeed; what it says with <c>--json</c>.</summary>
    public static async Task<JsonElement> Run(params string[] verb)
    {
        using var json = JsonDocument.Parse(await Shell.Run("virt-handover", [.. verb, "--json"]));
        return json.RootElement.Clone();
    }

    /// <summary>The whole list; starts the service when it does not run.</summary>
    public static Task<JsonElement> List() => Run("list");

    /// <summary>A domain of the list, waited for: the service may be about to be started again.</summary>
    public static async Task<JsonElement> Until(string what, string domain, Func<JsonElement, bool> condition)
    {
        string seen = "nothing";
        JsonElement found = default;
        try
        {
            await Eventually.Until(what, async () =>
            {
                ShellResult listed = await Shell.TryRun("virt-handover", "list", "--json");
                seen = listed.Output + listed.Error;
                if (listed.ExitCode != 0)
                    return false;
                using var json = JsonDocument.Parse(listed.Output);
                foreach (JsonElement one in json.RootElement.GetProperty("domains").EnumerateArray())
                {
                    if (one.GetProperty("name").GetString() == domain && condition(one))
                    {
                        found = one.Clone();
                        return true;
                    }
                }

                return false;
            });
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{exception.Message} The last that was seen: {seen}", exception);
        }

        return found;
    }

    /// <summary>Waits until a handover has ended, and asserts how: with the sentence that it said.</summary>
    public static async Task Done(string domain)
    {
        JsonElement ended = await Until("its handover has ended", domain, one => Text(one, "state") is "done" or "failed" or "blocked");
        Assert.True(Text(ended, "state") == "done", ended.ToString());
    }

    /// <summary>The newest report of the history.</summary>
    public static async Task<JsonElement> LastReport(string domain)
    {
        JsonElement history = await Run("history", domain, "--limit", "1");
        return Assert.Single(history.GetProperty("reports").EnumerateArray());
    }

    public static string Text(JsonElement element, string property) => element.GetProperty(property).GetString() ?? "";
}
