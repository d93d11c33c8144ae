using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using VirtHandover.Qemu;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>Looking is harmless: a running QEMU's own record of what it was sent, by libvirt and by us, while it is looked at, rehearsed with and handed over.</summary>
public sealed partial class LookingTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    // QEMU writes each command that its monitor gets into libvirt's log of the VM, with the thread that has read it.
    private const string Trace =
        "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-trace'/><qemu:arg value='handle_qmp_command'/></qemu:commandline>";

    // libvirt's own, for the same calls: the XML of a domain, and the greeting of a connection.
    private static readonly string[] s_libvirts = ["query-balloon", "qmp_capabilities"];

    public async Task InitializeAsync()
    {
        HostViews.LookAway();
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task A_running_QEMU_is_sent_what_is_in_the_list_and_nothing_else()
    {
        Guest guest = await Guest.Start("l-look", "--ram", "shared", "--mem", "16", "--memory", "128", "--element", Trace);
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        string log = $"/var/log/libvirt/qemu/{guest.Name}.log";
        HashSet<int> threads = [.. Directory.EnumerateDirectories($"/proc/{pid}/task").Select(task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture))];
        int started = (await File.ReadAllLinesAsync(log)).Length;
        await LabHost.Dnf("upgrade", "qemu-kvm");

        for (int look = 0; look < 20; look++)
            await Shell.Run("virt-handover", "list", "--readiness", "--json");
        Assert.Equal(pid, await guest.Pid());
        Assert.Equal("rehearsed", await Run(guest, "--dry-run"));
        Assert.Equal("done", await Run(guest));
        await guest.AssertLives(before);

        var commands = (await File.ReadAllLinesAsync(log)).Skip(started).Select(line => Sent().Match(line)).Where(match => match.Success)
            .Select(match => (Thread: int.Parse(match.Groups["thread"].Value, CultureInfo.InvariantCulture), Command: match.Groups["command"].Value)).ToList();
        var source = commands.Where(sent => threads.Contains(sent.Thread)).Select(sent => sent.Command).ToHashSet();
        Assert.Superset(new HashSet<string> { "query-status", "qom-get", "stop", "migrate" }, source);
        Assert.Empty(source.Except(SourceCommands.All.Select(entry => entry.Name)).Except(s_libvirts));

        // What the others tell, the record of a QEMU without a guest shows: the trace is not blind.
        Assert.Contains(commands, sent => !threads.Contains(sent.Thread) && sent.Command == "human-monitor-command");
    }

    private static async Task<string> Run(Guest guest, params string[] options)
    {
        ShellResult result = await Shell.TryRun("virt-handover", ["run", guest.Name, "--json", .. options]);
        Assert.True(result.ExitCode == 0, $"'virt-handover run {guest.Name}' ended with {result.ExitCode}:\n{result.Output}{result.Error}");
        using var json = JsonDocument.Parse(result.Output);
        JsonElement report = json.RootElement.GetProperty("report");
        // The old program was started once more and compared.
        Assert.DoesNotContain("VQ_UNKNOWN", report.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
        return report.GetProperty("outcome").GetString()!;
    }

    // 4711@1764100000.123456:handle_qmp_command mon 0x55d4f32bf5b0 req: {"execute": "query-status", "id": 2}
    [GeneratedRegex("""^(?<thread>\d+)@\d+\.\d+:handle_qmp_command .*"execute": "(?<command>[^"]+)""")]
    private static partial Regex Sent();
}
