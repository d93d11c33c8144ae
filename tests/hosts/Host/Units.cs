using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Host;

/// <summary>systemd's units in the host.</summary>
internal static class Units
{
    public static async Task<string> Property(string unit, string property) => await Shell.Run("systemctl", "show", "--value", "-p", property, unit);

    public static async Task<bool> IsActive(string unit) => (await Shell.TryRun("systemctl", "is-active", unit)).Output.Trim() == "active";

    /// <summary>
    /// logind is on the bus. From systemd 257 on it goes on without its name when the bus was restarted, as on any host; each start of libvirtd then
    /// waits for it until the bus gives up, after 25 s.
    /// </summary>
    public static async Task BringLogindBack()
    {
        if (!(await Shell.Run("busctl", "--no-pager", "--no-legend", "--acquired", "list")).Contains("org.freedesktop.login1", StringComparison.Ordinal))
            await Shell.Run("systemctl", "restart", "systemd-logind");
    }

    /// <summary>The messages of the journal that have certain fields, one a line, as soon as there is one: what was said may be on its way.</summary>
    public static Task<string> Said(params string[] fields) => Eventually.Get(
        $"the journal has a line with {string.Join(' ', fields)}",
        () => Shell.Run("journalctl", ["-q", "--no-pager", "-o", "cat", .. fields]),
        said => said.Length > 0);

    /// <summary>No unit of the host has failed.</summary>
    public static async Task AssertNoneFailed() => Assert.Equal("", (await Shell.Run("systemctl", "--failed", "--plain", "--no-legend")).Trim());
}
