using System.Diagnostics;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>Waits for conditions, with a limit: the only form of waiting that tests use.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Asks until the answer is yes, and fails with <paramref name="what"/> at the limit.</summary>
    public static async Task Until(string what, Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > (limit ?? Limit))
                Assert.Fail($"Within {(limit ?? Limit).TotalSeconds} s this did not come true: {what}.");
            await Task.Delay(50);
        }
    }

    /// <summary>Asks until there is an answer that fits, and returns it.</summary>
    public static async Task<T> Get<T>(string what, Func<Task<T>> ask, Func<T, bool> fits, TimeSpan? limit = null)
    {
        var answer = await ask();
        await Until(what, async () => fits(answer = await ask()), limit);
        return answer;
    }
}
