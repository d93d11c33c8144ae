using CsCheck;
using VirtHandover.Policy;

namespace VirtHandover.Tests.Unit.Policy;

/// <summary>Whoever may edit a domain in libvirt can make its policy stricter than the host's, and nothing else.</summary>
public class StricterPolicyTests
{
    private static readonly Gen<MaintenanceWindows> s_windows = Gen.Select(
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 23], Gen.Int[0, 23], Gen.Int[0, 59]).Where(one => one.Item2 != one.Item3).Array[0, 4],
        Gen.Bool).Select((spans, always) => always || spans.Length == 0
            ? MaintenanceWindows.Always
            : MaintenanceWindows.Parse(string.Join("; ", spans.Select(one => $"{(DayOfWeek)one.Item1} {one.Item2}:{one.Item4:00}-{one.Item3}:{one.Item4:00}"))));

    private static readonly Gen<EffectivePolicy> s_configured = Gen.Select(
        Gen.Enum<PolicyMode>(), s_windows, Gen.Long[1000, 60_000_000], Gen.Const(0)).Select((mode, window, pause, priority) =>
            new EffectivePolicy(mode, window, TimeSpan.FromMicroseconds(pause), priority, PolicySource.Configuration));

    private static readonly Gen<DomainPolicy> s_own = Gen.Select(PolicyXmlTests.AnyPolicy, s_windows, Gen.Bool)
        .Select((policy, window, other) => other && !window.IsAlways ? policy with { Window = window } : policy);

    [Fact]
    public void Without_a_grant_nothing_is_looser_than_the_host() => Gen.Select(s_configured, s_own).Sample((host, own) =>
    {
        var effective = EffectivePolicy.Of(host, own, DomainPolicy.None);
        AssertNotLooser(host, effective);

        // What was asked for and does not apply is said, and nothing else is.
        var refused = (own.Mode is { } mode && mode != effective.Mode ? PolicyParts.Mode : PolicyParts.None)
            | (own.Window is { } window && !window.Equals(effective.Window) ? PolicyParts.Window : PolicyParts.None)
            | (own.MaxPause is { } pause && pause != effective.MaxPause ? PolicyParts.MaxPause : PolicyParts.None)
            | (own.Priority is { } priority && priority != effective.Priority ? PolicyParts.Priority : PolicyParts.None);
        Assert.Equal(refused == PolicyParts.None ? "" : PolicyWords.Refusal(own, refused), effective.Refusal);
    });

    [Fact]
    public void What_is_stricter_applies() => Gen.Select(s_configured, s_own).Sample((host, own) =>
    {
        var once = EffectivePolicy.Of(host, own, DomainPolicy.None);
        var strict = new DomainPolicy { Mode = once.Mode, MaxPause = once.MaxPause, Priority = once.Priority, Window = once.Window };
        var again = EffectivePolicy.Of(host, strict, DomainPolicy.None);
        Assert.Equal((once.Mode, once.Window, once.MaxPause, once.Priority), (again.Mode, again.Window, again.MaxPause, again.Priority));
        Assert.Equal("", again.Refusal);
    });

    [Fact]
    public void Only_what_an_administrator_set_is_granted_and_only_as_he_set_it() => Gen.Select(s_configured, s_own, s_own).Sample((host, own, granted) =>
    {
        Assert.Equal("", EffectivePolicy.Of(host, own, own).Refusal);
        var effective = EffectivePolicy.Of(host, own, granted);
        var strict = EffectivePolicy.Of(host, own, DomainPolicy.None);
        Assert.Equal(own.Mode is not null && own.Mode == granted.Mode ? own.Mode : strict.Mode, effective.Mode);
        Assert.Equal(own.MaxPause is not null && own.MaxPause == granted.MaxPause ? own.MaxPause : strict.MaxPause, effective.MaxPause);
        Assert.Equal(own.Priority is not null && own.Priority == granted.Priority ? own.Priority : strict.Priority, effective.Priority);
        Assert.Equal(own.Window is not null && own.Window.Equals(granted.Window) ? own.Window : strict.Window, effective.Window);
    });

    [Fact]
    public void Two_windows_are_open_together_when_both_are() => Gen.Select(s_windows, s_windows, Gen.Int[0, 20_000]).Sample((one, other, minutes) =>
    {
        var now = DateTimeOffset.UnixEpoch.AddMinutes(minutes);
        var both = one.And(other);
        Assert.Equal(one.At(now, TimeZoneInfo.Utc).IsOpen && other.At(now, TimeZoneInfo.Utc).IsOpen, both.At(now, TimeZoneInfo.Utc).IsOpen);
        Assert.True(both.IsWithin(one) && both.IsWithin(other));
        if (both.Text is not "never" && both.Text.Length <= 500)
            Assert.Equal(both, MaintenanceWindows.Parse(both.Text));
    });

    [Fact]
    public void A_window_outside_the_hosts_leaves_none()
    {
        var host = new EffectivePolicy(PolicyMode.Auto, MaintenanceWindows.Parse("Sun 02:00-04:00"), TimeSpan.FromSeconds(1), 0, PolicySource.Configuration);
        var effective = EffectivePolicy.Of(host, new DomainPolicy { Window = MaintenanceWindows.Parse("Mon 12:00-13:00") }, DomainPolicy.None);
        Assert.Equal("never", effective.Window.Text);
        Assert.False(effective.Window.IsAlways);
        Assert.Equal((false, null), effective.Window.At(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc));
        Assert.StartsWith("Its metadata asks for window Mon 12:00-13:00, and gets no more than the host's configuration gives", effective.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sentence_names_all_that_is_not_granted_and_the_key()
    {
        var host = new EffectivePolicy(PolicyMode.Never, MaintenanceWindows.Always, TimeSpan.FromMilliseconds(30), 0, PolicySource.Configuration);
        var own = new DomainPolicy { Mode = PolicyMode.Auto, MaxPause = TimeSpan.FromSeconds(5), Priority = 9 };
        var effective = EffectivePolicy.Of(host, own, DomainPolicy.None);
        Assert.Equal((PolicyMode.Never, host.MaxPause, 0), (effective.Mode, effective.MaxPause, effective.Priority));
        Assert.Contains("asks for auto, pause up to 5000 ms, priority 9,", effective.Refusal, StringComparison.Ordinal);
        Assert.Contains("DomainPolicy=override", effective.Refusal, StringComparison.Ordinal);
        Assert.Equal(PolicyParts.None, effective.Own);
    }

    private static void AssertNotLooser(EffectivePolicy host, EffectivePolicy effective)
    {
        int Strictness(PolicyMode mode) => mode switch { PolicyMode.Auto => 0, PolicyMode.Ask => 1, _ => 2 };
        Assert.True(Strictness(effective.Mode) >= Strictness(host.Mode));
        Assert.True(effective.Window.IsWithin(host.Window));
        Assert.True(effective.MaxPause <= host.MaxPause);
        Assert.True(effective.Priority <= host.Priority);
    }
}
