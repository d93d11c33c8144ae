using System.Diagnostics;
using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>A real dbus-daemon of its own for one test class.</summary>
public sealed class PrivateBus : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vh-bus-");
    private Process? _daemon;

    /// <summary>Put into the daemon's configuration; by default everybody may do everything.</summary>
    public string Policy { get; set; } = """
        <policy context="default">
          <allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/>
        </policy>
        """;

    public string Address { get; private set; } = "";

    public string Folder => _folder.FullName;

    internal string ActivationFolder => Path.Combine(Folder, "services");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(ActivationFolder);
        var config = Path.Combine(Folder, "bus.conf");
        await File.WriteAllTextAsync(config, $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig><type>custom</type><listen>unix:path={Folder}/socket</listen><auth>EXTERNAL</auth>
            <servicedir>{ActivationFolder}</servicedir>
            {Policy}
            </busconfig>
            """);
        _daemon = Process.Start(new ProcessStartInfo("dbus-daemon", ["--nofork", "--nopidfile", "--print-address=1", $"--config-file={config}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _daemon.BeginErrorReadLine();
        Address = await _daemon.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("dbus-daemon did not start");
    }

    /// <summary>The bus dies under its users.</summary>
    public void Kill() => _daemon?.Kill();

    public async Task DisposeAsync()
    {
        if (_daemon is not null)
        {
            _daemon.Kill();
            await _daemon.WaitForExitAsync();
            _daemon.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>Makes the bus start a program for a name.</summary>
    public async Task ActivateAsync(string name, string program)
    {
        await File.WriteAllTextAsync(Path.Combine(ActivationFolder, name + ".service"), $"[D-BUS Service]\nName={name}\nExec={program}\n");
        await using var connection = await ConnectAsync();
        await connection.CallAsync(BusRequest.ToBus("ReloadConfig"), CancellationToken.None);
    }

    internal Task<BusConnection> ConnectAsync() => BusConnection.OpenAsync(Address, CancellationToken.None);
}
