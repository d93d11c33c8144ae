using System.Globalization;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>One busy VM that goes through all cases, and the table of what became of it.</summary>
public sealed class ChaosHost : IAsyncLifetime
{
    private const string Name = "chaos";
    private const string State = "/var/lib/virt-handover";
    private readonly List<string> _rows = [];
    private Guest? _guest;

    internal Guest Guest => _guest!;

    internal Guid Domain { get; private set; }

    public async Task InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("VHLAB") != "1")
            throw new InvalidOperationException("These tests run inside the lab only: eng/test ChaosTests.");
        // The queue must not stop itself, and the pause has to be long enough for a fault to be done in it.
        await TheService.Reset("[Handover]\nMaxPause=6s\n[Queue]\nStopAfterFailures=0\n");
        Directory.CreateDirectory(State);
        await Shell.Run("mount", "-t", "tmpfs", "-o", "size=8M,mode=700", "tmpfs", State);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await EnsureGuest();
    }

    public async Task DisposeAsync()
    {
        await TheService.Stop();
        if (Environment.GetEnvironmentVariable("VHCHAOS_TABLE") is { Length: > 0 } file)
            await File.WriteAllLinesAsync(file, _rows);
    }

    /// <summary>The guest of the case before, or a new one if that was lost.</summary>
    internal async Task EnsureGuest()
    {
        if (_guest is not null && (await Shell.TryRun("virsh", "domstate", Name)).Output.Trim() == "running" && Processes.Qemus(Domain).Count == 1)
            return;
        foreach (int left in Processes.Qemus(Domain))
            Processes.Kill(left);
        await Shell.TryRun("virsh", "destroy", Name);
        await Shell.TryRun("virsh", "undefine", Name);
        _guest = await Guest.Start(Name, "--ram", "shared", "--mem", "16", "--memory", "128", "--rate", "16");
        Domain = await Virsh.Uuid(Name);
    }

    /// <summary>A row of the table.</summary>
    internal void Note(string point, Fault fault, string outcome, TimeSpan recovery) => _rows.Add(string.Create(
        CultureInfo.InvariantCulture, $"{point,-24} {fault,-20} {outcome,-10} {recovery.TotalMilliseconds,7:0} ms"));
}
