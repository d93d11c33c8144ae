using VirtHandover.Handover;
using VirtHandover.Handover.Phases;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Phases;

/// <summary>A guest that has stopped by itself is not taken along: it would go on in the new QEMU as if nothing had been.</summary>
public sealed class GuestEndTests
{
    [Theory]
    [InlineData("guest-panicked")]
    [InlineData("internal-error")]
    [InlineData("io-error")]
    [InlineData("shutdown")]
    [InlineData("suspended")]
    [InlineData("watchdog")]
    public void Its_own_states_are_refused_with_the_reason(string state)
    {
        var refusal = Assert.Throws<RefusedException>(() => GuestEnd.Refuse(new RunState(state, false)));
        Assert.Contains($"STATE_BAD: QEMU's state is '{state}'.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("STATE_BAD", Assert.Single(refusal.Findings).Code);
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("running")]
    [InlineData("finish-migrate")]
    [InlineData("postmigrate")]
    [InlineData("inmigrate")]
    [InlineData("prelaunch")]
    public void Those_of_a_handover_are_not(string state) => GuestEnd.Refuse(new RunState(state, false));
}
