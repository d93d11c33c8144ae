using System.Diagnostics;
using System.Text.Json;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Lab;

/// <summary>The installed product, asked as an administrator's script asks it.</summary>
internal static class Product
{
    private const string BusName = "org.virthandover.Handover1";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Hands a VM over and returns what was reported of it.</summary>
    /// <exception cref="BenchException">It was not handed over.</exception>
    public static async Task<HandoverResult> Run(string domain)
    {
        var started = Stopwatch.GetTimestamp();
        var (code, output, error) = await Shell.TryRun("virt-handover", ["run", domain, "--json"], Limit);
        var request = Stopwatch.GetElapsedTime(started);
        if (code != 0)
            throw new BenchException($"'virt-handover run {domain}' ended with {code}: {Sentence(output)} {error.Trim()}".TrimEnd());
        using var json = JsonDocument.Parse(output);
        return HandoverResult.FromReport(json.RootElement.GetProperty("report")) with { RequestMs = request.TotalMilliseconds };
    }

    /// <summary>All that was ever done, newest last.</summary>
    public static async Task<IReadOnlyList<HandoverResult>> History(int limit)
    {
        using var json = JsonDocument.Parse(await Shell.Run(
            "virt-handover", "history", "--json", "--limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return [.. json.RootElement.GetProperty("reports").EnumerateArray().Select(HandoverResult.FromReport).OrderBy(report => report.StartedAt)];
    }

    /// <summary>How many VMs are in a state.</summary>
    public static async Task<int> CountIn(string state)
    {
        using var json = JsonDocument.Parse(await Shell.Run("virt-handover", "list", "--json"));
        return json.RootElement.GetProperty("domains").EnumerateArray().Count(domain => domain.GetProperty("state").GetString() == state);
    }

    /// <summary>What the service says of each VM that is not done: its state, its blockers, its last words.</summary>
    public static async Task<string> Troubles()
    {
        using var json = JsonDocument.Parse(await Shell.Run("virt-handover", "list", "--json"));
        return string.Join(' ', json.RootElement.GetProperty("domains").EnumerateArray()
            .Where(domain => domain.GetProperty("state").GetString() != "done")
            .Select(domain => string.Join(' ',
            [
                $"{domain.GetProperty("name").GetString()} is {domain.GetProperty("state").GetString()}:",
                .. domain.GetProperty("findings").EnumerateArray().Where(finding => finding.GetProperty("severity").GetString() == "blocker")
                    .Select(finding => $"{finding.GetProperty("code").GetString()}: {finding.GetProperty("sentence").GetString()}"),
                domain.GetProperty("last_sentence").GetString() ?? "",
            ]).TrimEnd()));
    }

    /// <summary>The service's processes, started if they do not run: the front, and its parent, the worker.</summary>
    public static async Task<IReadOnlyList<int>> Processes()
    {
        await Shell.Run("virt-handover", "list", "--json");
        var front = await RunningPid() ?? throw new BenchException("virt-handoverd ended right after it had answered.");
        return [front, ProcStat.Parent(front)];
    }

    /// <summary>The service's process on the bus; null when it does not run, and it is not started.</summary>
    public static async Task<int?> RunningPid()
    {
        var (code, output, _) = await Shell.TryRun(
            "busctl", ["call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s", BusName]);
        return code == 0 ? int.Parse(output.Trim().Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Ends the service if it runs, and sees it gone.</summary>
    public static async Task Stop()
    {
        if (await RunningPid() is not { } pid)
            return;
        await Shell.Run("kill", "-TERM", pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await Wait.Until("the service has ended", () => Task.FromResult(!Directory.Exists($"/proc/{pid}")), TimeSpan.FromSeconds(30), 10);
    }

    private static string Sentence(string output)
    {
        try
        {
            using var json = JsonDocument.Parse(output);
            return json.RootElement.GetProperty("report").GetProperty("sentence").GetString() ?? "";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            return output.Trim();
        }
    }
}
