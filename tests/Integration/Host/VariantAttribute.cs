using System.Reflection;
using Xunit.Sdk;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>
/// A row of a theory that shows what its other rows show, at one more place. It runs when its class is named (<c>eng/test CLASS</c>) and in
/// <c>make test ALL=1</c>; a plain <c>make test</c> has no time for it.
/// </summary>
/// <param name="data">The test's arguments.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class VariantAttribute(params object[] data) : DataAttribute
{
    public IReadOnlyList<object> Data => data;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => Environment.GetEnvironmentVariable("VHTEST_PART") == "telling" ? [] : [data];
}
