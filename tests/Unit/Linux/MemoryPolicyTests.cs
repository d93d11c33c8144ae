using CsCheck;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>The kernel's words for NUMA memory policies, and what they mean to it.</summary>
public sealed class MemoryPolicyTests
{
    [Theory]
    [InlineData("55e0 default file=/usr/bin/qemu mapped=3", "default")]
    [InlineData("55e0 bind:0-1 file=/usr/bin/qemu mapped=3", "bind:0-1")]
    [InlineData("55e0 prefer (many):0,3 file=/a", "prefer (many):0,3")]
    [InlineData("55e0 bind=static:0 file=/a", "bind=static:0")]
    [InlineData("", "default")]
    [InlineData("55e0 anon=3", "default")]
    public void A_process_s_policy_is_that_of_its_program(string line, string policy) => Assert.Equal(policy, MemoryPolicy.Parse(line).Text);

    [Theory]
    [InlineData("prefer:1", 1, 2)]
    [InlineData("bind:0-1,5", 2, 0b100011)]
    [InlineData("interleave:0,2", 3, 0b101)]
    [InlineData("local", 4, 0)]
    [InlineData("prefer (many):0", 5, 1)]
    [InlineData("bind=static:0", 2 | (1 << 15), 1)]
    public void Words_become_numbers(string text, int mode, ulong nodes)
    {
        (int read, ulong[] mask) = new MemoryPolicy(text).Encode();
        Assert.Equal((mode, nodes), (read, mask[0]));
        Assert.All(mask.Skip(1), word => Assert.Equal(0UL, word));
    }

    [Theory]
    [InlineData("bind:x")]
    [InlineData("bind:3-1")]
    [InlineData("bind:0-99999")]
    [InlineData("something:0")]
    [InlineData("bind=odd:0")]
    public void Unknown_words_are_said_to_be_so(string text) => Assert.Throws<LinuxException>(() => new MemoryPolicy(text).Encode());

    [Fact]
    public void Any_words_are_read_or_refused() => Gen.String[0, 20].Sample(text =>
    {
        try
        {
            _ = new MemoryPolicy(text).Encode();
        }
        catch (LinuxException)
        {
            // Refused.
        }
    });

    [Fact]
    public void What_a_thread_with_a_policy_starts_has_it_and_the_others_do_not()
    {
        var before = MemoryPolicy.Of(Environment.ProcessId);
        ProcessHandle? started = null;
        var thread = new Thread(() =>
        {
            new MemoryPolicy("bind:0").Apply();
            started = ProcessSpawner.Spawn("/bin/sleep", ["sleep", "600"], [], []);
        });
        thread.Start();
        thread.Join();
        using var child = started!;
        try
        {
            Executed.Await(child.Id);
            Assert.Equal("bind:0", MemoryPolicy.Of(child.Id).Text);
            Assert.Equal(before, MemoryPolicy.Of(Environment.ProcessId));
        }
        finally
        {
            child.Kill();
            Assert.True(child.WaitForExit(TimeSpan.FromSeconds(20)));
            _ = ProcessSpawner.Reap(child);
        }
    }
}
