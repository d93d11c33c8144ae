using System.Text.Json;

namespace VirtHandover.Tests.Integration.Host;

/// <summary><c>virt-handover run</c>, as an administrator types it.</summary>
internal static class RunVerb
{
    /// <summary>Hands a VM over and returns the report.</summary>
    /// <param name="vm">Its name.</param>
    /// <param name="exitCode">With what the command must end; null: with whatever comes of it.</param>
    public static async Task<JsonElement> Report(string vm, int? exitCode = null)
    {
        ShellResult result = await Shell.TryRun("virt-handover", "run", vm, "--json");
        Assert.True(
            result.Output.StartsWith('{') && (exitCode is null || result.ExitCode == exitCode),
            $"'virt-handover run {vm}' ended with {result.ExitCode}:\n{result.Output}{result.Error}");
        using var json = JsonDocument.Parse(result.Output);
        return json.RootElement.GetProperty("report").Clone();
    }
}
