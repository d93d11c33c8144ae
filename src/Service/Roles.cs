using System.Reflection;
using Microsoft.Win32.SafeHandles;
using Serilog;
using VirtHandover.Bus.Client;
using VirtHandover.Configuration;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Handover.Files;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Logging;
using VirtHandover.Queue;
using VirtHandover.Service.Logging;

namespace VirtHandover.Service;

/// <summary>What this one program can be; the first argument says which.</summary>
internal static class Roles
{
    private const string Usage = """
        Usage: virt-handoverd                  run the service (systemd or D-Bus starts it)
               virt-handoverd work             run the part of it that touches VMs (as root; systemd starts it)
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
        await using var log = ServiceLog.Create(Environment.GetEnvironmentVariable);
        try
        {
            return args switch
            {
                [] => await ServiceRoles.ServeAsync(log).ConfigureAwait(false),
                ["--check-config"] => CheckConfiguration(),
                ["--version"] => Print($"virt-handoverd {Version}"),
                ["gate"] => await GateAsync(log).ConfigureAwait(false),
                ["settle"] => ListStranded(),
                ["settle", var vm] when !vm.StartsWith('-') => await SettleAsync(vm, kill: false, log).ConfigureAwait(false),
                ["settle", var vm, "--kill"] => await SettleAsync(vm, kill: true, log).ConfigureAwait(false),
                ["retire"] => await RetireAsync(log).ConfigureAwait(false),
                [Keeper.Role, var requests, var journals] => await Keeper.RunAsync(requests, journals, log).ConfigureAwait(false),
                ["work"] => await ServiceRoles.WorkAsync(log).ConfigureAwait(false),
                [OwnFront.Role, var channel] => await ServiceRoles.FrontAsync(channel, log).ConfigureAwait(false),
                [Approvals.Role] => TakeBack(),
                [FileTrial.Role, var plan] => FileTrial.Run(plan),
                ["--help" or "-h"] => Print(Usage.Split('\n')),
                _ => Misused($"virt-handoverd does not know \"{string.Join(' ', args)}\". What it knows: virt-handoverd --help"),
            };
        }
        catch (ConfigurationException e)
        {
            return Fail(log, ExitCode.Configuration, e.Message);
        }
        catch (StoreException e)
        {
            return Fail(log, ExitCode.Storage, e.Message);
        }
        catch (LinuxException e)
        {
            return Fail(log, ExitCode.Software, e.Message);
        }
        catch (ServiceException e)
        {
            return Fail(log, e.Fault is ServiceFault.Unreachable or ServiceFault.Failed ? ExitCode.Unavailable : ExitCode.NoPermission, e.Message);
        }
        catch (Exception e)
        {
            log.ForContext(new About(MessageKind.OwnFault)).Error("virt-handoverd met a fault of its own and ends; the VMs run on. {Error}", e.ToString());
            return ExitCode.Software;
        }
    }

    private static async Task<int> GateAsync(ILogger log)
    {
        try
        {
            var paths = ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable);
            await HandoverRecovery.OpenGateAsync(paths.Journals, log, CancellationToken.None).ConfigureAwait(false);
            return ExitCode.Ok;
        }
        catch (GateException e)
        {
            return Fail(log, ExitCode.Unavailable, e.Message);
        }
    }

    private static int ListStranded()
    {
        var names = new StrandedVms(ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable).Journals, new LibvirtPaths()).Names;
        return Print(names.Count == 0 ? ["No VM is out of libvirt's sight."] : [.. names]);
    }

    private static async Task<int> SettleAsync(string vm, bool kill, ILogger log)
    {
        var told = new AlarmSink(Said.Error);
        try
        {
            var paths = ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable);
            var (domain, sentence) = await new StrandedVms(paths.Journals, new LibvirtPaths())
                .SettleAsync(vm, kill, told, log, CancellationToken.None).ConfigureAwait(false);
            _ = Print(sentence);
            await ClearAsync(domain).ConfigureAwait(false);
            return ExitCode.Ok;
        }
        catch (SettlementException e)
        {
            return Fail(log, ExitCode.Unavailable, e.Message);
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

    private static async Task<int> RetireAsync(ILogger log)
    {
        // Not Console.Error: on the terminal that a package manager gives its scripts .NET would begin with control sequences.
        await using var said = Said.Plain();
        void Say(string sentence) => said.WriteLine(ForeignText.Escape(sentence));
        var paths = ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable);
        var retirement = new Retirement(paths, Say, () => TakeBackAsync(paths, Say), log);
        return await retirement.RunAsync().ConfigureAwait(false) ? ExitCode.Ok : ExitCode.Unavailable;
    }

    private static async Task TakeBackAsync(ServicePaths paths, Action<string> say)
    {
        if (!Directory.Exists(paths.State))
            return;
        try
        {
            var user = SystemUser.Find(SystemUser.Front);
            QueueDirectory.Prepare(paths, user);
            using var errors = new SafeFileHandle(2, ownsHandle: false);
            using var process = await PowerlessSelf.StartAsync(
                [Approvals.Role], user, [$"STATE_DIRECTORY={paths.Queue}"], [new InheritedDescriptor(errors, 2)], CancellationToken.None).ConfigureAwait(false);
            _ = await process.WaitForExitAsync(TimeSpan.FromSeconds(30), CancellationToken.None).ConfigureAwait(false);
            ProcessSpawner.End(process, TimeSpan.FromSeconds(1));
        }
        catch (LinuxException e)
        {
            say($"Approvals could not be taken back: {e.Message}");
        }
    }

    private static int TakeBack()
    {
        using var said = Said.Plain();
        Approvals.TakeBack(ServicePaths.OfFront(Environment.GetEnvironmentVariable), sentence => said.WriteLine(ForeignText.Escape(sentence)));
        return ExitCode.Ok;
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

    /// <summary>Whoever typed the command is told, and nobody else.</summary>
    internal static int Misused(string sentence)
    {
        Said.Error(sentence);
        return ExitCode.Usage;
    }

    internal static int Fail(ILogger log, int code, string sentence)
    {
        log.ForContext(new About(MessageKind.RoleFailed)).Error("{Reason}", sentence);
        return code;
    }
}
