using System.Runtime.CompilerServices;
using CliWrap;
using CliWrap.Buffered;
using VirtHandover.Tests.Integration.Views;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>
/// A host with KVM, AppArmor and systemd, as a virtual machine under emulation; one boot serves all cases. Its VMs were started on the
/// release's QEMU, and a real <c>apt-get upgrade</c> has brought the newer one since. See tests/hosts/kvm/README.md.
/// </summary>
public sealed class KvmHost : IAsyncLifetime
{
    /// <summary>Nothing here has to be quick: it is an emulated processor that emulates another one, beside whatever else the machine does.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly string _program = Path.Combine(Directory(), "host");

    private bool _own;
    private KvmVm? _used;

    public KvmHost() => Views = new WatchedDomains(AskLibvirt, ProcessOf);

    /// <summary>What libvirt and QEMU say of its VMs, before and after handovers.</summary>
    internal WatchedDomains Views { get; }

    public async Task InitializeAsync()
    {
        // One that runs already is used as it is and left running: booting takes long, and who writes a case runs it more than once.
        _own = (await TryExecute(["running"])).ExitCode != 0;
        if (_own)
            await Execute(["start"]);
        foreach (KvmVm vm in Fleet.Chosen())
        {
            if ((await TryRun($"virsh -q domstate {vm.Name} | grep -q -e running -e paused")).ExitCode == 0)
                continue;
            await vm.Start(this);
            await Until($"the service has seen {vm.Name}", $"virt-handover list | grep -q '^{vm.Name} .*current'");
            await Run($"virsh -q suspend {vm.Name}");
        }

        await Run("cd /etc/apt/sources.list.d && if [ -e newer.list.off ]; then mv newer.list.off newer.list && apt-get -qq update && " +
            "DEBIAN_FRONTEND=noninteractive apt-get -qq -y upgrade && " +
            "DEBIAN_FRONTEND=noninteractive apt-get -qq -y install qemu-system-modules-spice qemu-system-modules-opengl; fi");
    }

    public async Task DisposeAsync()
    {
        if (Environment.GetEnvironmentVariable("VHKVM_LOG") is { Length: > 0 } log)
            await File.WriteAllTextAsync(log, (await TryRun("journalctl --no-pager -o short-precise")).Output);
        if (_own)
            await Execute(["stop"]);
    }

    /// <summary>The VM that a case works with. All others stand still meanwhile: there is one emulated processor for them.</summary>
    internal async Task<KvmVm> Use(string name)
    {
        KvmVm vm = Fleet.Vm(name);
        if (_used is { } last && last != vm)
            await TryRun($"virsh -q suspend {last.Name}");
        _used = vm;
        await Run($"virsh -q domstate {name} | grep -q running || virsh -q resume {name}");
        return vm;
    }

    /// <summary>Runs a line of shell in the host; it must succeed. Returns what it printed, without the last newline.</summary>
    internal async Task<string> Run(string line)
    {
        (int code, string output, string error) = await TryRun(line);
        Assert.True(code == 0, $"'{line}' ended with {code} on the KVM host:\n{output}{error}");
        return output.TrimEnd('\n');
    }

    /// <summary>Runs a line of shell in the host to its end, whatever its exit code.</summary>
    internal async Task<(int ExitCode, string Output, string Error)> TryRun(string line)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var result = await Command(line).ExecuteBufferedAsync(limit.Token);
            return (result.ExitCode, result.StandardOutput, result.StandardError);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"'{line}' did not end within {Limit.TotalMinutes} min on the KVM host.");
        }
    }

    /// <summary>A line of shell in the host, not started yet.</summary>
    internal Command Command(string line) => Cli.Wrap(_program).WithArguments(["run", line]).WithValidation(CommandResultValidation.None);

    /// <summary>What the service has said since a moment of the host's clock, as <c>date +%s</c> tells it.</summary>
    internal Task<string> ServiceLog(string since) => Run($"journalctl -q --no-pager -o cat -u virt-handoverd.service -u virt-handover-worker.service --since @{since}");

    internal Task<string> Now() => Run("date +%s");

    /// <summary>Waits until a line of shell succeeds.</summary>
    internal Task Until(string what, string line) => Integration.Host.Eventually.Until(what, async () => (await TryRun(line)).ExitCode == 0, Limit);

    // One virsh is asked much, some of which has no answer for a VM: then it ends with 1 and has told the rest.
    private async Task<string?> AskLibvirt(string script)
    {
        (int _, string output, string error) = await TryRun($"virsh -q '{script.Replace("'", "'\\''", StringComparison.Ordinal)}'");
        return output.Length > 0 && !error.Contains("failed to connect", StringComparison.Ordinal) ? output : null;
    }

    private async Task<int?> ProcessOf(string name) =>
        (await TryRun($"virsh -q domstate {name} | grep -q -e running -e paused")).ExitCode == 0 ? await Fleet.Vm(name).Pid(this) : null;

    private async Task Execute(string[] arguments)
    {
        (int code, string said) = await TryExecute(arguments);
        Assert.True(code == 0, $"'host {string.Join(' ', arguments)}' ended with {code}:\n{said}");
    }

    private async Task<(int ExitCode, string Said)> TryExecute(string[] arguments)
    {
        using var limit = new CancellationTokenSource(Limit * 2);
        var said = new System.Text.StringBuilder();
        var command = Cli.Wrap(_program).WithArguments(arguments).WithValidation(CommandResultValidation.None)
            .WithStandardErrorPipe(PipeTarget.ToStringBuilder(said)).WithStandardOutputPipe(PipeTarget.ToStringBuilder(said));
        return ((await command.ExecuteAsync(limit.Token)).ExitCode, said.ToString());
    }

    private static string Directory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
