using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Host;

/// <summary>systemd's units in the host.</summary>
internal static class Units
{
    public static async Task<string> Property(string unit, string property) => await Shell.Run("systemctl", "show", "--value", "-p", property, unit);

    public static async Task<bool> IsActive(string unit) => (await Shell.TryRun("systemctl", "is-active", unit)).Output.Trim() == "active";

    /// <summary>No unit of the host has failed.</summary>
    public static async Task AssertNoneFailed() => Assert.Equal("", (await Shell.Run("systemctl", "--failed", "--plain", "--no-legend")).Trim());
}
