using System.Diagnostics;
using System.Globalization;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>The installed service: the hook starts it as soon as it is installed itself.</summary>
internal static class RealService
{
    /// <summary>Ends it, so that a test can stand in its place, or see it start.</summary>
    internal static async Task Stop()
    {
        if (await ProcessId() is not { } id)
            return;
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended by itself in between.
        }

        await Eventually.Until("the service left the bus", async () => await ProcessId() is null);
    }

    // Asking for the owner of a name does not start it.
    private static async Task<int?> ProcessId()
    {
        var reply = await Shell.TryRun(
            "busctl", "--system", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
            "GetConnectionUnixProcessID", "s", "org.virthandover.Handover1");
        return reply.ExitCode == 0 ? int.Parse(reply.Output.Trim().Split(' ')[1], CultureInfo.InvariantCulture) : null;
    }
}
