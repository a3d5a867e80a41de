namespace Interp.Cli.Tests.Output;

public sealed class PromptNamesTests
{
    [Theory]
    [InlineData("prompt 3", 3)]
    [InlineData("prompts 0, 1, 2, 4, 7", 0, 1, 2, 4, 7)]
    [InlineData("prompts 0, 1, 2, 4, 7 and 1 other", 0, 1, 2, 4, 7, 9)]
    [InlineData("prompts 0, 1, 2, 4, 7 and 2 others", 0, 1, 2, 4, 7, 9, 12)]
    public void A_few_prompts_are_named_and_the_others_counted(string text, params int[] prompts) =>
        Assert.Equal(text, PromptNames.Of(prompts));
}
