using System.Runtime.CompilerServices;
using VirtHandover.Linux.Launch;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration;

/// <summary>Where a test looks at QEMU's binary itself, it has the service's own launcher start it: the test runner has no such role.</summary>
internal static class LauncherHost
{
    [ModuleInitializer]
    internal static void Use() => Launch.Host = (TheService.Program, ["virt-handoverd"]);
}
