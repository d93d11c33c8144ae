using CsCheck;
using VirtHandover.Policy;

namespace VirtHandover.Tests.Unit.Policy;

public class PolicyXmlTests
{
    internal static Gen<DomainPolicy> AnyPolicy { get; } = Gen.Select(
        Gen.Enum<PolicyMode>().Nullable(0.3),
        OneOf(null, "Sun 02:00-04:00", "Mon..Fri 22:00-05:00; 01:00-02:00"),
        Gen.Long[1000, 60_000_000].Nullable(0.3),
        Gen.Int[-1000, 1000].Where(priority => priority != 0).Nullable(0.3))
        .Select((mode, window, pause, priority) => new DomainPolicy
        {
            Mode = mode,
            Window = window is null ? null : MaintenanceWindows.Parse(window),
            MaxPause = pause is { } microseconds ? TimeSpan.FromMicroseconds(microseconds) : null,
            Priority = priority,
        });

    [Fact]
    public void A_policy_comes_back_as_it_was() => AnyPolicy.Sample(policy => Assert.Equal(policy, PolicyXml.Read(PolicyXml.Write(policy))));

    [Fact]
    public void It_is_an_element_that_an_administrator_can_read() => Assert.Equal(
        """<policy mode="auto" window="Sun 02:00-04:00" max-pause-us="30000" priority="5" />""",
        PolicyXml.Write(DomainPolicy.None.With(new PolicyChange { Mode = "auto", Window = "sun 2:00-4:00", MaxPauseMicroseconds = 30_000, Priority = 5 })));

    [Fact]
    public void A_domain_without_the_element_has_no_policy_of_its_own() => Assert.Equal(DomainPolicy.None, PolicyXml.Read(null));

    [Theory]
    [InlineData("<policy mode='sometimes'/>", "\"sometimes\" is no policy mode; it is auto, ask or never")]
    [InlineData("<policy window='Sun'/>", "is no maintenance window")]
    [InlineData("<policy priority='high'/>", "priority is \"high\" and not a number")]
    [InlineData("<policy max-pause-us='3'/>", "from 1000 µs")]
    [InlineData("<policy priority='99999999999999'/>", "A priority of 2147483647 is not possible")]
    [InlineData("<policy mod='auto'/>", "there is no \"mod\" in a policy")]
    [InlineData("<policy><mode>auto</mode></policy>", "it is not one <policy> element")]
    [InlineData("<other/>", "it is not one <policy> element")]
    [InlineData("<policy", "")]
    [InlineData("<!DOCTYPE a [<!ENTITY b 'c'>]><policy mode='&b;'/>", "")]
    public void What_is_not_valid_is_a_problem_and_nothing_may_happen_to_the_domain(string text, string why)
    {
        var policy = PolicyXml.Read(text);
        Assert.Contains(why, policy.Problem, StringComparison.Ordinal);
        Assert.NotEmpty(policy.Problem);
        var effective = EffectivePolicy.Of(new EffectivePolicy(PolicyMode.Auto, MaintenanceWindows.Always, TimeSpan.FromSeconds(1), 0, PolicySource.Configuration), policy, DomainPolicy.None);
        Assert.Equal((PolicyMode.Never, PolicySource.Domain), (effective.Mode, effective.Source));
        Assert.True(effective.Own.HasFlag(PolicyParts.Mode));
        Assert.Equal("", policy.With(new PolicyChange { Mode = "ask" }).Problem);
    }

    [Fact]
    public void Any_text_is_a_policy_or_a_problem() => Gen.OneOf(
        Gen.String,
        Gen.Select(AnyPolicy, Gen.Int[0, 30], Gen.Char).Select((policy, at, c) =>
        {
            var text = PolicyXml.Write(policy);
            return text[..Math.Min(at, text.Length)] + c + text[Math.Min(at + 1, text.Length)..];
        })).Sample(text => Assert.NotNull(PolicyXml.Read(text)));

    [Fact]
    public void Where_domains_may_decide_what_they_say_goes_before_the_configuration_part_by_part() => AnyPolicy.Sample(own =>
    {
        var configured = new EffectivePolicy(PolicyMode.Auto, MaintenanceWindows.Parse("Tue 01:00-02:00"), TimeSpan.FromSeconds(1), 3, PolicySource.Configuration);
        var effective = EffectivePolicy.Of(configured, own, granted: null);
        Assert.Equal(own.Mode ?? PolicyMode.Auto, effective.Mode);
        Assert.Equal(own.Window ?? configured.Window, effective.Window);
        Assert.Equal(own.MaxPause ?? configured.MaxPause, effective.MaxPause);
        Assert.Equal(own.Priority ?? 3, effective.Priority);
        Assert.Equal(own.IsEmpty ? PolicySource.Configuration : PolicySource.Domain, effective.Source);
        Assert.Equal(own.IsEmpty, effective.Own == PolicyParts.None);
        Assert.Equal(own.Priority is not null, effective.Own.HasFlag(PolicyParts.Priority));
        Assert.Equal(own.Window is not null, effective.Own.HasFlag(PolicyParts.Window));
    });

    [Fact]
    public void An_absent_part_is_left_and_an_empty_one_is_removed() => AnyPolicy.Sample(policy =>
    {
        Assert.Equal(policy, policy.With(new PolicyChange()));
        Assert.True(policy.With(new PolicyChange { Mode = "", Window = "", MaxPauseMicroseconds = 0, Priority = 0 }).IsEmpty);
        Assert.Equal(policy with { Mode = PolicyMode.Never }, policy.With(new PolicyChange { Mode = "never" }));
    });

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
