using VirtHandover.Libvirt;

namespace VirtHandover.Tests.Unit.Libvirt;

public sealed class LibvirtCallTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);

    [Fact(Timeout = 120_000)]
    public async Task Never_are_more_calls_under_way_than_there_are_places()
    {
        using var places = new SemaphoreSlim(4);
        int now = 0, most = 0;
        using var full = new CountdownEvent(4);
        using var go = new ManualResetEventSlim();
        var calls = Enumerable.Range(0, 20).Select(number => LibvirtCall.RunAsync(
            "test",
            () =>
            {
                var mine = Interlocked.Increment(ref now);
                InterlockedMax(ref most, mine);
                if (!full.IsSet)
                    _ = full.Signal();
                go.Wait(s_long);
                _ = Interlocked.Decrement(ref now);
                return number;
            },
            s_long,
            CancellationToken.None,
            places: places)).ToList();
        Assert.True(full.Wait(s_long));
        go.Set();
        Assert.Equal(Enumerable.Range(0, 20), await Task.WhenAll(calls));
        Assert.Equal(4, most);
        Assert.Equal(4, places.CurrentCount);
    }

    // The daemon still has the request: a new one in its place would be the sixth.
    [Fact(Timeout = 120_000)]
    public async Task A_call_that_was_given_up_keeps_its_place_until_it_returns()
    {
        using var places = new SemaphoreSlim(1);
        using var go = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var call = LibvirtCall.RunAsync("test", () => go.Wait(s_long), s_long, cancel.Token, places: places);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        var behind = await Assert.ThrowsAsync<LibvirtException>(() =>
            LibvirtCall.RunAsync("wait", () => 1, TimeSpan.FromMilliseconds(50), CancellationToken.None, places: places));
        Assert.Equal(LibvirtException.NoAnswer, behind.Code);
        Assert.Contains("wait", behind.Message, StringComparison.Ordinal);

        go.Set();
        Assert.Equal(2, await LibvirtCall.RunAsync("go on", () => 2, s_long, CancellationToken.None, places: places));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_call_that_throws_gives_its_place_back()
    {
        using var places = new SemaphoreSlim(1);
        await Assert.ThrowsAsync<LibvirtException>(() =>
            LibvirtCall.RunAsync<int>("test", () => throw new LibvirtException(1, "No."), s_long, CancellationToken.None, places: places));
        Assert.Equal(3, await LibvirtCall.RunAsync("go on", () => 3, s_long, CancellationToken.None, places: places));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            _ = Interlocked.CompareExchange(ref most, value, seen);
    }
}
