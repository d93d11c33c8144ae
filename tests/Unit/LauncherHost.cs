using System.Runtime.CompilerServices;
using VirtHandover.Linux.Launch;

namespace VirtHandover.Tests.Unit;

/// <summary>In a test host this process is not the service's program, so the launcher is the service's assembly beside the tests'.</summary>
internal static class LauncherHost
{
    [ModuleInitializer]
    internal static void Use() =>
        Launch.Host = ("/proc/self/exe", [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "virt-handoverd.dll")]);
}
