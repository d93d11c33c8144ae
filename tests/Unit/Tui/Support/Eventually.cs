namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>Waits for a condition, with a limit.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> condition, Func<string>? complaint = null) =>
        TrueAsync(() => Task.FromResult(condition()), complaint);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string>? complaint = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Limit)
            {
                Assert.Fail(complaint?.Invoke() ?? "The condition did not come true in time.");
            }

            await Task.Delay(20);
        }
    }
}
