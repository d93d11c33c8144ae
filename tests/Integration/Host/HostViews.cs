using VirtHandover.Tests.Integration.Views;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>The views of this host's VMs. See <see cref="WatchedDomains"/>.</summary>
internal static partial class HostViews
{
    private static readonly WatchedDomains All = new(Run, Process);

    private static bool s_away;

    /// <summary>For tests of what a running QEMU is asked, which these questions would be taken for. It stays so for the class.</summary>
    internal static void LookAway() => s_away = true;

    internal static Task Remember(string domain) => s_away ? Task.CompletedTask : All.Remember(domain);

    internal static Task RememberAll() => s_away ? Task.CompletedTask : All.RememberAll();

    /// <summary>Fails when a VM that was handed over is not what it was.</summary>
    internal static async Task Check(string domain)
    {
        var differences = await All.Check(domain);
        Assert.True(differences.Count == 0, $"After its handover {domain} is not what it was:\n{string.Join('\n', differences)}");
    }

    // One virsh asks many questions, of which some have no answer for this VM; then it ends with 1 and has told the rest.
    private static async Task<string?> Run(string script) =>
        (await Shell.TryRun("virsh", "-q", script)) is { Output.Length: > 0 } result && !result.Error.Contains("failed to connect", StringComparison.Ordinal) ? result.Output : null;

    private static async Task<int?> Process(string domain)
    {
        var status = await Shell.TryRun("cat", $"/run/libvirt/qemu/{domain}.xml");
        return status.ExitCode == 0 && Pid().Match(status.Output) is { Success: true } match
            ? int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
            : null;
    }

    [System.Text.RegularExpressions.GeneratedRegex("<domstatus [^>]*pid='([0-9]+)'")]
    private static partial System.Text.RegularExpressions.Regex Pid();
}
