using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VirtHandover.Bus.Client;
using VirtHandover.Configuration;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Handover.Files;
using VirtHandover.Libvirt;
using VirtHandover.Queue;
using VirtHandover.Service.Interop;

namespace VirtHandover.Service;

/// <summary>What this one program can be; the first argument says which.</summary>
internal static class Roles
{
    private const string Usage = """
        Usage: virt-handoverd                  run the service (as root; systemd or D-Bus starts it)
               virt-handoverd gate             wait until libvirt's daemon may start (its unit calls this first)
               virt-handoverd settle   the VMs that were taken out of libvirt's sight because they did not come to an end in time (MaxOutage=)
               virt-handoverd settle VM [--kill]
                                       give one back to libvirt if its QEMU answers again; --kill ends it instead
               virt-handoverd retire           end what is under way, before the package is removed (the package calls it)
               virt-handoverd --check-config   read the configuration and say what is wrong with it
               virt-handoverd --version        print the version
        """;

    /// <summary>The version of this build.</summary>
    internal static string Version { get; } =
        typeof(Roles).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>Runs one role.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return args switch
            {
                [] => await ServeAsync().ConfigureAwait(false),
                ["--check-config"] => CheckConfiguration(),
                ["--version"] => Print($"virt-handoverd {Version}"),
                ["gate"] => await GateAsync().ConfigureAwait(false),
                ["settle"] => ListStranded(),
                ["settle", var vm] when !vm.StartsWith('-') => await SettleAsync(vm, kill: false).ConfigureAwait(false),
                ["settle", var vm, "--kill"] => await SettleAsync(vm, kill: true).ConfigureAwait(false),
                ["retire"] => await RetireAsync().ConfigureAwait(false),
                [Keeper.Role, var requests, var journals] => await Keeper.RunAsync(requests, journals).ConfigureAwait(false),
                [FileTrial.Role, var plan] => FileTrial.Run(plan),
                ["--help" or "-h"] => Print(Usage.Split('\n')),
                _ => Fail(ExitCode.Usage, $"virt-handoverd does not know \"{string.Join(' ', args)}\". What it knows: virt-handoverd --help"),
            };
        }
        catch (ConfigurationException e)
        {
            return Fail(ExitCode.Configuration, e.Message);
        }
        catch (StoreException e)
        {
            return Fail(ExitCode.Storage, e.Message);
        }
        catch (ServiceException e)
        {
            return Fail(e.Fault is ServiceFault.Unreachable or ServiceFault.Failed ? ExitCode.Unavailable : ExitCode.NoPermission, e.Message);
        }
        catch (Exception e)
        {
            return Fail(ExitCode.Software, $"virt-handoverd met a fault of its own and ends; the VMs run on. {e}");
        }
    }

    private static async Task<int> ServeAsync()
    {
        if (LibC.geteuid() != 0)
        {
            return Fail(ExitCode.NoPermission, "virt-handoverd must run as root: it looks into the QEMU processes and stops and starts the libvirt daemon.");
        }

        var paths = ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable);
        var options = Settings.Load(paths.Configuration);
        using var stopping = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }

        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
#pragma warning disable RS0030 // It escapes each line.
        var log = new JournalLogger(Console.Error, Environment.GetEnvironmentVariable("VIRT_HANDOVER_DEBUG") is "1" ? LogLevel.Debug : LogLevel.Information);
#pragma warning restore RS0030
        try
        {
            return await Composition.RunAsync(paths, options, log, stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
    }

    private static async Task<int> GateAsync()
    {
        var told = new AlarmSink(sentence => Said.Error(sentence, priority: 5));
        try
        {
            var paths = ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable);
            await HandoverRecovery.OpenGateAsync(paths.Journals, told, CancellationToken.None).ConfigureAwait(false);
            return ExitCode.Ok;
        }
        catch (GateException e)
        {
            return Fail(ExitCode.Unavailable, e.Message);
        }
    }

    private static int ListStranded()
    {
        var names = new StrandedVms(ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable).Journals, new LibvirtPaths()).Names;
        return Print(names.Count == 0 ? ["No VM is out of libvirt's sight."] : [.. names]);
    }

    private static async Task<int> SettleAsync(string vm, bool kill)
    {
        var told = new AlarmSink(sentence => Said.Error(sentence));
        try
        {
            var paths = ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable);
            var (domain, sentence) = await new StrandedVms(paths.Journals, new LibvirtPaths())
                .SettleAsync(vm, kill, told, CancellationToken.None).ConfigureAwait(false);
            _ = Print(sentence);
            await ClearAsync(domain).ConfigureAwait(false);
            return ExitCode.Ok;
        }
        catch (SettlementException e)
        {
            return Fail(ExitCode.Unavailable, e.Message);
        }
    }

    // The service keeps the alarm until somebody has seen to it, which has just been done.
    private static async Task ClearAsync(Guid domain)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await using var service = new HandoverServiceClient();
            await service.RetryAsync(domain, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ServiceException or OperationCanceledException)
        {
            _ = Print("virt-handoverd could not be told; 'virt-handover retry' of the VM takes its alarm away.");
        }
    }

    private static async Task<int> RetireAsync()
    {
        // Not Console.Error: on the terminal that a package manager gives its scripts .NET would begin with control sequences.
        await using var said = Said.Plain();
        var retirement = new Retirement(
            ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable), sentence => said.WriteLine(Printable.Escape(sentence)));
        return await retirement.RunAsync().ConfigureAwait(false) ? ExitCode.Ok : ExitCode.Unavailable;
    }

    private static int CheckConfiguration()
    {
        var paths = ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable);
        Settings.Load(paths.Configuration);
        return Print(File.Exists(paths.Configuration)
            ? $"The configuration {paths.Configuration} is valid."
            : $"There is no file {paths.Configuration}; what is built in applies, and whatever conf.d beside it sets is valid.");
    }

    private static int Print(params string[] lines)
    {
        Said.Lines(lines);
        return ExitCode.Ok;
    }

    private static int Fail(int code, string sentence)
    {
        Said.Error(sentence, code == ExitCode.Usage ? null : 3);
        return code;
    }
}
