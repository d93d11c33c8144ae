using System.Globalization;
using VirtHandover.Bus.Client;
using VirtHandover.Handover.Journal;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Service;

/// <summary>The installed service, as D-Bus starts it in the lab, and its client.</summary>
internal static class TheService
{
    public const string Program = "/usr/libexec/virt-handover/virt-handoverd";
    public const string Configuration = "/etc/virt-handover/virt-handover.conf";

    /// <summary>Canaries have their own tests; in front of every other handover they would only take time.</summary>
    private const string NoCanary = "/etc/virt-handover/conf.d/50-no-canary.conf";

    /// <summary>
    /// How long a guest may stand still where a test does not say it: not the usual 500 ms, which a handover on a busy machine without KVM takes at times.
    /// </summary>
    private const string LongPause = "/etc/virt-handover/conf.d/40-long-pause.conf";
    private const string Name = "org.virthandover.Handover1";
    public const string State = "/var/lib/virt-handover";

    /// <summary>What of a directory of the service's somebody else may read or write. The front, which is not root, passes through that of the state to its own.</summary>
    public static Task<string> OpenToOthers(string place) => Shell.Run(
        "find", place, "-perm", "/066", "-o", "!", "-path", place, "-perm", "/011", "-o", "!", "-user", "root", "!", "-path", State + "/queue", "!", "-path", State + "/queue/*");

    /// <summary>Nothing runs, nothing is queued, and the configuration is this one.</summary>
    public static async Task Reset(string configuration = "", bool canary = false)
    {
        await Stop();
        await KeepersEnd();
        if (Directory.Exists(State))
            Directory.Delete(State, recursive: true);
        Directory.CreateDirectory(Path.GetDirectoryName(NoCanary)!);
        await File.WriteAllTextAsync(Configuration, configuration);
        if (configuration.Contains("MaxPause=", StringComparison.Ordinal))
            File.Delete(LongPause);
        else
            await File.WriteAllTextAsync(LongPause, "[Handover]\nMaxPause=5s\n");
        if (canary)
            File.Delete(NoCanary);
        else
            await File.WriteAllTextAsync(NoCanary, "[Handover]\nCanary=no\n");
    }

    /// <summary>Ends the service if it runs, and sees it gone.</summary>
    public static async Task Stop(string signal = "TERM")
    {
        if (await Pid() is not { } pid)
            return;
        await Shell.Run("kill", "-" + signal, pid);
        await Eventually.Until("virt-handoverd has left the bus", async () => await Pid() != pid);
    }

    /// <summary>A handover goes on when its service has ended: waits until the last one has let go of its journal.</summary>
    private static async Task KeepersEnd()
    {
        if (!Directory.Exists(State + "/journal"))
            return;
        foreach (var journal in Directory.EnumerateFiles(State + "/journal"))
        {
            var id = long.Parse(Path.GetFileNameWithoutExtension(journal), CultureInfo.InvariantCulture);
            await Eventually.Until("the keeper has ended", () =>
            {
                using var taken = HandoverJournal.TryOpen(State + "/journal", id);
                return Task.FromResult(taken is not null);
            });
        }
    }

    /// <summary>Its pid; null when it does not run. Does not start it.</summary>
    public static async Task<string?> Pid()
    {
        var answer = await Shell.TryRun(
            "busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s", Name);
        return answer.ExitCode == 0 ? answer.Output.Trim().Split(' ')[1] : null;
    }

    /// <summary>Reads everything; starts the service when it does not run.</summary>
    public static async Task<HostView> View()
    {
        await using var client = new HandoverServiceClient();
        return await client.ReadAsync(CancellationToken.None);
    }

    /// <summary>Waits until a domain is as it should be.</summary>
    public static async Task<DomainView> Until(string what, string domain, Func<DomainView, bool> condition)
    {
        DomainView? seen = null;
        try
        {
            await Eventually.Until(what, async () => (seen = Find(await View(), domain)) is not null && condition(seen));
        }
        catch (Exception e) when (e is not ServiceException)
        {
            throw new InvalidOperationException($"{e.Message} The last that was seen: {seen}", e);
        }

        return seen!;
    }

    /// <summary>Calls a method of a domain's object with busctl, as a desktop tool or a script would.</summary>
    public static async Task<ShellResult> Call(Guid domain, string method, params string[] arguments)
    {
        if (method == "Approve")
            await HostViews.RememberAll();
        return await Shell.TryRun("busctl", ["call", Name, PathOf(domain), Name + ".Domain", method, .. arguments]);
    }

    public static string PathOf(Guid domain) => "/org/virthandover/Handover1/domain/" + domain.ToString().Replace('-', '_');

    public static DomainView? Find(HostView view, string domain) => view.Domains.FirstOrDefault(one => one.Name == domain);
}
